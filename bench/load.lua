-- What wrk sends: METHOD to the path, with BODY, where @ID@ stands for a request's own id.
--
--     wrk … URL -- METHOD PATH BODY_FILE RUN KNOWN ANSWERS_FILE
--
-- Ids are RUN-1, RUN-2, …; where KNOWN is not 0, they are RUN-0 to RUN-(KNOWN - 1) in an order
-- that jumps about, so that what is read is not what was read just before. BODY_FILE and
-- ANSWERS_FILE may be "-", for none. One thread: the counter is its own.

local MARK = "@ID@"
local STEP = 7919
local sent = 0
local method, run, known, path, body

local function parts(text)
    local from, to = text:find(MARK, 1, true)
    if not from then return { text, "", fixed = true } end
    return { text:sub(1, from - 1), text:sub(to + 1), fixed = false }
end

local function filled(template, id)
    if template.fixed then return template[1] end
    return template[1] .. id .. template[2]
end

function init(args)
    method, path, run, known = args[1], parts(args[2]), args[4], tonumber(args[5])
    if args[3] ~= "-" then
        local file = assert(io.open(args[3]))
        body = parts(file:read("*a"))
        file:close()
    end
    if args[6] ~= "-" then
        -- wrk calls this only where it is there when the run begins: it costs time.
        local answers = assert(io.open(args[6], "w"))
        function response(status, _, text)
            if status < 300 then answers:write(text, "\n") end
        end
    end
end

function request()
    sent = sent + 1
    local number = known > 0 and (sent * STEP) % known or sent
    local id = run .. "-" .. string.format("%d", number)
    return wrk.format(method, filled(path, id), nil, body and filled(body, id))
end

function done(summary, latency, _)
    io.write(string.format(
        '\n{"answers": %d, "refused": %d, "broken": %d, "timeouts": %d, "microseconds": %d, ' ..
        '"p50": %d, "p99": %d}\n',
        summary.requests, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write,
        summary.errors.timeout, summary.duration,
        latency:percentile(50), latency:percentile(99)))
end
