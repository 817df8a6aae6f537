"""The scripts of the feed's lease and pulse; all keys are in one slot.

Each begins by asking whether the lease is still the caller's. A fence is the time of Redis at
least, so that it grows even where its counter was lost.
"""

from typing import Final

from adapters.redis.mirror.scripts import PRELUDE

_PRELUDE: Final = (
    PRELUDE
    + """
local function holds(lease, owner)
  return redis.call('GET', lease) == owner
end
"""
)

ACQUIRE: Final = """
-- KEYS: lease, fence; ARGV: owner, lifetime (ms)
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local fence = math.max(now, (tonumber(redis.call('GET', KEYS[2])) or 0) + 1)
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], text .. ' ' .. ARGV[1], 'PX', ARGV[2])
return text
"""
"""Take the lease; answers its fence."""

RENEW: Final = (
    _PRELUDE
    + """
-- KEYS: lease; ARGV: lease, lifetime (ms)
return holds(KEYS[1], ARGV[1]) and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0
"""
)
"""Keep the lease."""

RELEASE: Final = (
    _PRELUDE
    + """
-- KEYS: lease, pulse; ARGV: lease, channel
if not holds(KEYS[1], ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('PUBLISH', ARGV[2], '')
return 1
"""
)
"""Give the lease back, and stop the pulse."""

BEGIN: Final = (
    _PRELUDE
    + """
-- KEYS: lease, pulse, progress; ARGV: lease, channel, epoch
if not holds(KEYS[1], ARGV[1]) then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[3], 'epoch', ARGV[3])
redis.call('PUBLISH', ARGV[2], '')
return 1
"""
)
"""Begin an epoch: no pulse, no cookie. Doubts stay: they are about writes, not about epochs."""

ADVANCE: Final = (
    _PRELUDE
    + """
-- KEYS: lease, progress; ARGV: lease, epoch, whether there is a cookie, cookie
if not holds(KEYS[1], ARGV[1]) then return 0 end
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[2] then return 0 end
if ARGV[3] == '1' then
  redis.call('HSET', KEYS[2], 'cookie', ARGV[4])
else
  redis.call('HDEL', KEYS[2], 'cookie')
end
return 1
"""
)
"""Keep a cookie."""

BEAT: Final = (
    _PRELUDE
    + """
-- KEYS: lease, pulse, progress, doubts; ARGV: lease, epoch, lifetime (ms), channel, then
--   servers and versions
if not holds(KEYS[1], ARGV[1]) or redis.call('HGET', KEYS[3], 'epoch') ~= ARGV[2] then
  return 0
end
local covers = {}
for i = 5, #ARGV, 2 do covers[ARGV[i]] = ARGV[i + 1] end
local doubts = redis.call('HGETALL', KEYS[4])
local open = 0
for i = 1, #doubts, 2 do
  if covers[doubts[i]] and not later(doubts[i + 1], covers[doubts[i]]) then
    redis.call('HDEL', KEYS[4], doubts[i])
  else
    open = open + 1
  end
end
if open == 0 then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
  redis.call('PUBLISH', ARGV[4], ARGV[2])
end
return 1
"""
)
"""End what is covered of the doubts, and give a sign of life unless some are left."""

DOUBT: Final = (
    PRELUDE
    + """
-- KEYS: pulse, doubts; ARGV: server, version, channel
redis.call('DEL', KEYS[1]) -- first: a script that has deleted may write where memory is short
local doubt = redis.call('HGET', KEYS[2], ARGV[1])
if not doubt or later(ARGV[2], doubt) then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
redis.call('PUBLISH', ARGV[3], '')
return 1
"""
)
"""Stop the pulse until a version is covered."""
