import asyncio
import time

async def task(name, delay):
    print(f"Task {name}: 시작")
    await asyncio.sleep(delay) # 비동기적으로 대기
    print(f"Task {name}: 완료")
    return f"Task {name} finished in {delay}s"

async def main_tasks():
    start_time = time.time()
    
    # 두 개의 작업을 동시에 실행
    results = await asyncio.gather(
        task("A", 2),
        task("B", 1)
    )
    
    end_time = time.time()
    print(f"모든 작업 완료. 총 소요 시간: {end_time - start_time:.2f}초")
    print(f"결과: {results}")

if __name__ == "__main__":
    asyncio.run(main_tasks())
# 예상 출력 (순서는 다를 수 있음):
# Task A: 시작
# Task B: 시작
# Task B: 완료
# Task A: 완료
# 모든 작업 완료. 총 소요 시간: 2.00초
# 결과: ['Task A finished in 2s', 'Task B finished in 1s']
