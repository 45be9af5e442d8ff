import asyncio


async def cook(name, orders):
    try:
        while True:
            menu, seconds = await orders.get()
            await asyncio.sleep(seconds)
            print(f"{name}: {menu}")
    except asyncio.QueueShutDown:
        print(f"{name}: 퇴근")


async def main():
    orders = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        for name in ("민지", "준호"):
            group.create_task(cook(name, orders), name=name)
        for order in [("김밥", 0.1), ("찌개", 0.4), ("만두", 0.2)]:
            await orders.put(order)
        orders.shutdown()  # 더는 받지 않음
        print("주문 마감")
    print("오늘 영업 끝")


asyncio.run(main())
# 예상 출력:
# 주문 마감
# 민지: 김밥
# 민지: 만두
# 민지: 퇴근
# 준호: 찌개
# 준호: 퇴근
# 오늘 영업 끝
