"""The Lua scripts: each is one atomic step, by the clock of the Redis server.

Occurrences are members of sorted sets, scored with their time in microseconds (exact in a
double until the year 2255). A member is a nonce of the caller, or the thing that is counted: a
step that is repeated because its answer was lost counts once. Sets are trimmed to the newest
`BOUND` and expire by themselves.
"""

from typing import Final

BOUND: Final = 1024
"""No set keeps more members: more than any limit that makes sense."""

_PRELUDE: Final = """
local function time()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end
local function number(n)
  return string.format('%.0f', n)
end
local function drop_until(key, time)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', number(time))
end
-- microseconds until fewer than `limit` members are younger than `window`; 0: they are already
local function wait(key, limit, window, now)
  local count = redis.call('ZCARD', key)
  if limit <= 0 or count < limit then
    return 0
  end
  local turning = redis.call('ZRANGE', key, count - limit, count - limit, 'WITHSCORES')
  return math.max(0, tonumber(turning[2]) + window - now)
end
local function add(key, member, window, now, bound)
  redis.call('ZADD', key, number(now), member)
  redis.call('ZREMRANGEBYRANK', key, 0, -bound - 1)
  redis.call('PEXPIRE', key, number(math.ceil(window / 1000)))
end
"""

WAIT: Final = (
    _PRELUDE
    + """
-- KEYS: set; ARGV: limit, window
local now = time()
local window = tonumber(ARGV[2])
drop_until(KEYS[1], now - window)
return number(wait(KEYS[1], tonumber(ARGV[1]), window, now))
"""
)
"""How long to wait (microseconds) until there is room below the limit again."""

RECORD: Final = (
    _PRELUDE
    + """
-- KEYS: address set [, account set]; ARGV: member, window, address limit, bound, since
local now = time()
local member, window, bound = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4])
local answer = {}
for index, key in ipairs(KEYS) do
  drop_until(key, now - window)
  if index == 2 then
    drop_until(key, tonumber(ARGV[5]) - 1)
  end
  add(key, member, window, now, bound)
  answer[index] = redis.call('ZCARD', key)
end
return {answer[1], answer[2] or 0, number(wait(KEYS[1], tonumber(ARGV[3]), window, now))}
"""
)
"""Count one failure; answers the counts and the address's wait (microseconds)."""

ALLOW: Final = (
    _PRELUDE
    + """
-- KEYS: set; ARGV: member, window, limit, bound
local now = time()
local window = tonumber(ARGV[2])
drop_until(KEYS[1], now - window)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return 1
end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
add(KEYS[1], ARGV[1], window, now, tonumber(ARGV[4]))
return 1
"""
)
"""Let something happen once more, or not; what is counted already is let, and changes nothing."""
