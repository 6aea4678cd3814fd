import json
from urllib.request import Request, urlopen

push = {"to": {"client": "CLIENT"}, "data": "Hello from Python"}
headers = {"Content-Type": "application/json"}
request = Request("ORIGIN/push", json.dumps(push).encode(), headers)
print(json.load(urlopen(request)))
