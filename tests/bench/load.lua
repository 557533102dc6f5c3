-- For wrk: sends prepared requests in turn, compares every reply with the one that is expected.
-- Arguments: a file of requests as they go over the wire, each ended by NUL; a file with the expected body.
local threads = {}
function setup(thread) table.insert(threads, thread) end

local requests, expected, turn = {}, "", 0
seen, wrong, sample = 0, 0, ""

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

function init(args)
  for one in read(args[1]):gmatch("[^%z]+") do requests[#requests + 1] = one end
  expected = read(args[2])
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function response(status, headers, body)
  seen = seen + 1
  if status ~= 200 or body ~= expected then wrong = wrong + 1 end
  if seen % 97 == 0 and headers["hutong-call"] then sample = sample .. " " .. headers["hutong-call"] end
end

function done(summary, latency, requests)
  local wrong, sample = 0, ""
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("wrong")
    sample = sample .. thread:get("sample")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"replies": %d, "wrong": %d, "errors": %d, "microseconds": %d, "sample": "%s"}\n', summary.requests, wrong,
    errors.connect + errors.read + errors.write + errors.timeout, summary.duration, sample))
end
