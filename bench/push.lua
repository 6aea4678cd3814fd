-- Pushes for wrk, a load generator that is not ours, to compare with `bench direct`:
--
--     wrk -t1 -c64 -d5 --latency -s bench/push.lua http://127.0.0.1:8020             durable
--     wrk -t1 -c8 -d5 --latency -s bench/push.lua http://127.0.0.1:8020 -- 0         with "ttl": 0
--
-- Each is for one of 1,000 clients in turn, c0 to c999, with 180 bytes of data. An answer that is not 200 ends the run.

local CLIENTS = 1000
local DATA = string.rep("x", 180)

local ttl, count = "", 0

function init(args)
  if args[1] then
    ttl = ',"ttl":' .. tonumber(args[1])
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local client = "c" .. count % CLIENTS
  local body = '{"to":{"client":"' .. client .. '"},"data":"' .. DATA .. '"' .. ttl .. "}"
  return wrk.format(nil, "/push", nil, body)
end

function response(status)
  if status ~= 200 then
    wrk.thread:stop()
  end
end
