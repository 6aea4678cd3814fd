curl -fsS ORIGIN/push \
  -H 'Content-Type: application/json' \
  -d '{"to": {"client": "CLIENT"}, "data": "Hello from curl"}'
