import asyncio
import time


async def tick():
    for n in range(1, 3):
        await asyncio.sleep(0.1)
        print(f"똑딱 {n}")


async def crunch():
    print("계산 시작")
    total = 0
    for _ in range(50):  # 0.5초를 0.01초짜리 50조각으로 나눔
        end = time.perf_counter() + 0.01
        while time.perf_counter() < end:
            total += 1
        await asyncio.sleep(0)  # 조각마다 차례를 넘김
    print("계산 끝")


async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(tick(), name="시계")
        group.create_task(crunch(), name="계산")


asyncio.run(main())
# 예상 출력:
# 계산 시작
# 똑딱 1
# 똑딱 2
# 계산 끝
