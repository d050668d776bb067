-- wrk -s replay.lua URL -- FILE: sends the requests of FILE in turn and prints one line of figures at the end.
-- FILE holds, for each request, its length in bytes, a newline and the bytes. Eight '@' in a request are replaced by a
-- counter of eight digits.

local requests, turn, counter = {}, 0, 0

local function parted(raw)
  local at = string.find(raw, "@@@@@@@@", 1, true)
  if not at then return raw end
  return { string.sub(raw, 1, at - 1), string.sub(raw, at + 8) }
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for length in function() return file:read("*l") end do
    requests[#requests + 1] = parted(file:read(tonumber(length)))
  end
  file:close()
  turn = os.time() * 7919 -- runs do not all begin with the same accounts
  counter = os.time() * 1000
end

function request()
  turn = turn + 1
  local chosen = requests[turn % #requests + 1]
  if type(chosen) == "string" then return chosen end
  counter = counter + 1
  return chosen[1] .. string.format("%08d", counter % 100000000) .. chosen[2]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\nFIGURES {"requests":%d,"micros":%d,"p50":%d,"p99":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
