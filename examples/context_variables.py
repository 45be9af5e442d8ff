import asyncio
from contextvars import ContextVar

guest = ContextVar("guest")


async def log(text):
    await asyncio.sleep(0.1)
    print(f"{guest.get()}: {text}")


async def serve(name):
    guest.set(name)  # 이 태스크에서만 바뀜
    await log("주문")
    await log("계산")


async def main():
    guest.set("주인")
    async with asyncio.TaskGroup() as group:
        for name in ("민지", "준호"):
            group.create_task(serve(name), name=name)
    print(f"{guest.get()}: 퇴근")


asyncio.run(main())
# 예상 출력:
# 민지: 주문
# 준호: 주문
# 민지: 계산
# 준호: 계산
# 주인: 퇴근
