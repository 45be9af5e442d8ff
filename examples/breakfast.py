dishes = ["tea", "toast"]
print("today:", *dishes)

# later
for dish in dishes:
    print(dish, "is ready")
