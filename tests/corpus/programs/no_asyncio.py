import time

print("one")
time.sleep(0.01)
print("two")
