import asyncio
import signal


async def serve():
    print("가게: 영업 시작")
    try:
        await asyncio.sleep(9)
    finally:
        await asyncio.sleep(0.1)  # 불을 끔
        print("가게: 문을 닫음")


def press():
    signal.raise_signal(signal.SIGINT)  # Ctrl+C를 누른 것과 같음


async def main():
    asyncio.get_running_loop().call_later(0.2, press)
    await serve()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("프로그램: 끝")
# 예상 출력:
# 가게: 영업 시작
# 가게: 문을 닫음
# 프로그램: 끝
