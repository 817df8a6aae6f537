"""The scripts of the feed's lease and pulse; all keys are in one slot.

Each begins by asking whether the lease is still the caller's. A fence is the time of Redis at
least, so that it grows even where its counter was lost.
"""

from typing import Final

_PRELUDE: Final = """
local function holds(lease, owner)
  return redis.call('GET', lease) == owner
end
-- Whether this process is among those that were fed (empty: whichever).
local function fed(processes)
  local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  return processes == '' or string.find(processes, process, 1, true) ~= nil
end
"""

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
-- KEYS: lease, pulse, progress; ARGV: lease, channel, epoch, servers of a Cluster (empty: none)
if not holds(KEYS[1], ARGV[1]) then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[3], 'epoch', ARGV[3], 'servers', ARGV[4])
redis.call('PUBLISH', ARGV[2], '')
return 1
"""
)
"""Begin an epoch: no pulse, no cookie."""

ADVANCE: Final = (
    _PRELUDE
    + """
-- KEYS: lease, progress; ARGV: lease, epoch, whether there is a cookie, cookie, the processes
--   that were fed
if not holds(KEYS[1], ARGV[1]) or not fed(ARGV[5]) then return 0 end
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
-- KEYS: lease, pulse, progress; ARGV: lease, epoch, not after (ms), longest life (ms), channel,
--   the rest of what is said, the processes that were fed
local clock = redis.call('TIME')
if not holds(KEYS[1], ARGV[1]) or redis.call('HGET', KEYS[3], 'epoch') ~= ARGV[2]
  or not fed(ARGV[7]) then
  return {0, clock[1], clock[2]}
end
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local left = ARGV[3] - now
if left > 0 and left <= tonumber(ARGV[4]) then
  redis.call('SET', KEYS[2], ARGV[2], 'PXAT', ARGV[3])
  local times = ARGV[3] .. ' ' .. string.format('%.0f', now)
  redis.call('PUBLISH', ARGV[5], ARGV[2] .. ' ' .. times .. ' ' .. ARGV[6])
end
return {1, clock[1], clock[2]}
"""
)
"""Give a sign of life unless it comes too late, or the clock was set; answers the time."""

FORGET: Final = """
-- KEYS: pulse, progress; ARGV: channel
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('PUBLISH', ARGV[1], '')
return 1
"""
"""Stop the pulse, and end the epoch."""
