import asyncio


async def child():
    print("아이")


async def parent():
    print("부모: 시작")
    task = asyncio.create_task(child(), name="아이")
    print("부모: 끝")
    return task


async def neighbor():
    print("이웃")


async def main():
    first = asyncio.create_task(parent(), name="부모")
    second = asyncio.create_task(neighbor(), name="이웃")
    task = await first
    await second
    await task


asyncio.run(main())
# 예상 출력:
# 부모: 시작
# 부모: 끝
# 이웃
# 아이
