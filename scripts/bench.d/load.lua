-- What wrk sends and reports. BENCH_TOKENS names a file of tokens, one a line: with one line every request carries it, which wrk
-- formats once; with more, each request carries the next.
local headers = {}
for token in io.lines(os.getenv("BENCH_TOKENS")) do headers[#headers + 1] = "Bearer " .. token end

if #headers == 1 then
  wrk.headers["Authorization"] = headers[1]
else
  local requests, position = {}, 0
  function init()
    for index, value in ipairs(headers) do
      wrk.headers["Authorization"] = value
      requests[index] = wrk.format()
    end
  end
  function request()
    position = position % #requests + 1
    return requests[position]
  end
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, errors.status,
                         errors.connect + errors.read + errors.write + errors.timeout))
end
