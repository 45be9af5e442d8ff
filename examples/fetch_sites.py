import asyncio
import aiohttp

async def fetch(session, url):
    async with session.get(url) as response:
        return await response.text()

async def main():
    urls = [
        "https://www.python.org",
        "https://www.google.com",
        "https://www.github.com"
    ]
    
    async with aiohttp.ClientSession() as session:
        tasks = [fetch(session, url) for url in urls]
        # 여러 작업을 동시에 실행하고 모두 끝날 때까지 기다림
        results = await asyncio.gather(*tasks)
        for i, result in enumerate(results):
            print(f"{urls[i]}의 내용 일부: {result[:50]}...")

# asyncio 이벤트 루프에서 main 함수 실행
if __name__ == "__main__":
    asyncio.run(main())
