#hide:start
import json
#hide:stop
data = {"b": 1, "a": [1, 2]}
print(json.dumps(data, indent=2))
