import asyncio


async def work(seconds, broken=False):
    await asyncio.sleep(seconds)
    if broken:
        raise ValueError("고장")
    return "완성"


def state(task):
    if not task.done():
        return "실행 중"
    if task.cancelled():
        return "취소됨"
    if task.exception():
        return f"예외 {task.exception()}"
    return f"결과 {task.result()}"


async def main():
    done = asyncio.create_task(work(0.1), name="빵")
    failed = asyncio.create_task(work(0.1, broken=True), name="오븐")
    cancelled = asyncio.create_task(work(9), name="커피")
    running = asyncio.create_task(work(0.5), name="국밥")
    await asyncio.sleep(0.2)
    cancelled.cancel()
    await asyncio.sleep(0.1)
    for task in (done, failed, cancelled, running):
        print(f"{task.get_name()}: {state(task)}")
    await running


asyncio.run(main())
# 예상 출력:
# 빵: 결과 완성
# 오븐: 예외 고장
# 커피: 취소됨
# 국밥: 실행 중
