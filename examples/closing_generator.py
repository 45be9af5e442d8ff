import asyncio
from contextlib import aclosing


async def diary():
    try:
        for day in ("월", "화", "수"):
            await asyncio.sleep(0.1)  # 한 쪽을 불러옴
            yield day
    finally:
        await asyncio.sleep(0.1)  # 닫는 데 걸리는 시간
        print("일기장: 닫음")


async def main():
    async with aclosing(diary()) as days:  # 바꾼 두 줄
        async for day in days:
            print("읽음:", day)
            if day == "화":
                break
    print("main: 다음 일")
    await asyncio.sleep(0.3)
    print("main: 끝")


asyncio.run(main())
# 예상 출력:
# 읽음: 월
# 읽음: 화
# 일기장: 닫음
# main: 다음 일
# main: 끝
