r"""The scripts that keep documents: each is one atomic step.

A value is `version \n due \n`, one byte with the number of keys, their digests of 16 bytes each,
and the document; its brief stands under the same id in a hash of its own. Scripts answer
`unmirrored` or `superseded` for the port's exceptions.
"""

from typing import Final

GONE: Final = "~"
"""The version of what is gone for good; greater than every entryCSN."""

DIGEST: Final = 16
"""Bytes of a look-up's digest."""

MANY: Final = 32
"""So many may share one key to look them up by; where there are more, the directory is asked."""

PRELUDE: Final = """
local function later(a, b)
  -- by bytes: `<` on texts goes by the locale of the server
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return #a > #b
end
local function intact(state, kind, documents, lookups, due)
  local counts = redis.call('HMGET', state, 'count:' .. kind, 'keys:' .. kind, 'due:' .. kind)
  return redis.call('HLEN', documents) == tonumber(counts[1])
    and redis.call('HLEN', lookups) == tonumber(counts[2])
    and redis.call('ZCARD', due) == tonumber(counts[3])
end
local function briefed(documents, briefs)
  return redis.call('HLEN', briefs) == redis.call('HLEN', documents)
end
local function settles(state, couples, groups_of, settled, unsettled)
  local counts = redis.call(
    'HMGET', state, 'members:pairs', 'members:of', 'members:settled', 'members:unsettled'
  )
  return redis.call('ZCARD', couples) == tonumber(counts[1])
    and redis.call('HLEN', groups_of) == tonumber(counts[2])
    and redis.call('HLEN', settled) == tonumber(counts[3])
    and redis.call('HLEN', unsettled) == tonumber(counts[4])
end
local function readable(state, epoch)
  local stands = redis.call('HMGET', state, 'epoch', 'complete')
  return stands[1] == epoch and stands[2] == '1'
end
"""

OPEN: Final = (
    PRELUDE
    + """
-- KEYS: state, then the shelves'; ARGV: epoch, fence, kinds...
local stands = redis.call('HMGET', KEYS[1], 'epoch', 'fence')
if stands[2] and later(stands[2], ARGV[2]) then return {'superseded'} end
if stands[1] ~= ARGV[1] then
  redis.call('UNLINK', unpack(KEYS))
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'complete', '0')
  for _, part in ipairs({'pairs', 'of', 'settled', 'unsettled'}) do
    redis.call('HSET', KEYS[1], 'members:' .. part, '0')
  end
  for i = 3, #ARGV do
    for _, counter in ipairs({'seq:', 'count:', 'keys:', 'due:'}) do
      redis.call('HSET', KEYS[1], counter .. ARGV[i], '0')
    end
  end
end
redis.call('HSET', KEYS[1], 'fence', ARGV[2])
return {'ok'}
"""
)
"""Make room in an epoch."""

COMPLETE: Final = (
    PRELUDE
    + """
-- KEYS: state; ARGV: epoch, fence
local stands = redis.call('HMGET', KEYS[1], 'epoch', 'fence')
if stands[2] and later(stands[2], ARGV[2]) then return {'superseded'} end
if stands[1] ~= ARGV[1] then return {'unmirrored'} end
redis.call('HSET', KEYS[1], 'complete', '1', 'fence', ARGV[2])
return {'ok'}
"""
)
"""Open for readers."""

DROP: Final = (
    PRELUDE
    + """
-- KEYS: state, then the shelves'; ARGV: fence, channel, tenant id
local fence = redis.call('HGET', KEYS[1], 'fence')
if fence and later(fence, ARGV[1]) then return {'superseded'} end
redis.call('UNLINK', unpack(KEYS))
redis.call('PUBLISH', ARGV[2], ARGV[3] .. ' * - 0') -- what changes from here on is not told
return {'ok'}
"""
)
"""Forget a tenant, and tell that nobody can know what changes in it."""

STANDING: Final = (
    PRELUDE
    + """
-- KEYS: state, then documents, look-ups, due times and briefs of each kind, then pairs, groups of
--   each, settled and unsettled; ARGV: kinds
local stands = redis.call('HMGET', KEYS[1], 'epoch', 'complete', 'fence')
if not stands[1] then return {'unmirrored'} end
if not settles(KEYS[1], unpack(KEYS, 4 * #ARGV + 2)) then return {'unmirrored'} end
local answer = {'ok', stands[1], stands[2], stands[3]}
for i, kind in ipairs(ARGV) do
  local documents, lookups, due, briefs = unpack(KEYS, 4 * i - 2, 4 * i + 1)
  if not intact(KEYS[1], kind, documents, lookups, due) or not briefed(documents, briefs) then
    return {'unmirrored'}
  end
  answer[#answer + 1] = redis.call('HLEN', documents)
end
return answer
"""
)
"""Epoch, completeness, fence, and the number of documents of each kind."""

STIR: Final = """
-- KEYS: state; ARGV: names
if redis.call('EXISTS', KEYS[1]) == 0 then return {'unmirrored'} end
for _, name in ipairs(ARGV) do
  redis.call('HINCRBY', KEYS[1], 'around:' .. name, 1)
end
return {'ok'}
"""
"""Count surroundings up."""

APPLY: Final = (
    PRELUDE
    + f"local GONE, DIGEST, MANY = '{GONE}', {DIGEST}, {MANY}\n"
    + r"""
-- KEYS: state, documents, log, look-ups, gone, gone times, due, briefs
-- ARGV: kind, fence or '', log length, forget the gone after (us), channel, tenant id,
--   number of stirs, stirs..., then of each change: id, version, due or '', digests, fields,
--   since, document, brief
local state, documents, log, lookups, gone, gone_times, due, briefs = unpack(KEYS)
local kind, fence = ARGV[1], ARGV[2]
local stands = redis.call('HMGET', state, 'epoch', 'fence', 'complete', 'seq:' .. kind)
if not stands[1] or not intact(state, kind, documents, lookups, due)
  or not briefed(documents, briefs) then
  return {'unmirrored'}
end
if fence ~= '' then
  if later(stands[2], fence) then return {'superseded'} end
  if fence ~= stands[2] then redis.call('HSET', state, 'fence', fence) end
end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local seq = tonumber(stands[4])

local function parts(value)
  local first = string.find(value, '\n', 1, true)
  local second = string.find(value, '\n', first + 1, true)
  local keys = string.byte(value, second + 1) * DIGEST
  return string.sub(value, 1, first - 1), string.sub(value, second + 2, second + 1 + keys)
end
local function unlink(digest, id)
  local ids = redis.call('HGET', lookups, digest)
  if ids == id then
    redis.call('HDEL', lookups, digest)
  elseif ids and ids ~= '*' then
    local others = {}
    for other in string.gmatch(ids, '[^,]+') do
      if other ~= id then others[#others + 1] = other end
    end
    redis.call('HSET', lookups, digest, table.concat(others, ','))
  end
end
local function link(digest, id)
  local ids = redis.call('HGET', lookups, digest)
  if not ids then
    redis.call('HSET', lookups, digest, id)
  elseif ids ~= '*' then
    local _, commas = string.gsub(ids, ',', ',')
    redis.call('HSET', lookups, digest, commas + 2 > MANY and '*' or ids .. ',' .. id)
  end
end
local function relink(old, new, id)
  if old == new then return end
  for at = 1, #old, DIGEST do unlink(string.sub(old, at, at + DIGEST - 1), id) end
  for at = 1, #new, DIGEST do link(string.sub(new, at, at + DIGEST - 1), id) end
end
local touched = {}
local function tell(id, fields)
  seq = seq + 1
  if stands[3] == '1' then -- before, there is no view that could follow
    redis.call('XADD', log, 'MAXLEN', '~', ARGV[3], string.format('%.0f-0', seq), id, fields)
  end
  for field in string.gmatch(fields, '[^,]+') do touched[field] = seq end
  return fields
end
local function apply(id, version, turns, keys, fields, since, document, brief)
  local value = redis.call('HGET', documents, id)
  local kept, old_keys = false, ''
  if value then kept, old_keys = parts(value) else kept = redis.call('HGET', gone, id) end
  if kept and later(kept, version) or fence == '' and kept == version then return false end
  if document == '' then
    if not value and kept == version then return false end
    redis.call('HSET', gone, id, version)
    redis.call('ZADD', gone_times, string.format('%.0f', now), id)
    if not value then return false end -- versions are kept of what was never here, too
    redis.call('HDEL', documents, id)
    redis.call('HDEL', briefs, id)
    redis.call('ZREM', due, id)
    relink(old_keys, '', id)
    return tell(id, '*')
  end
  local new = version .. '\n' .. turns .. '\n' .. string.char(#keys / DIGEST) .. keys .. document
  if value == new then return false end
  redis.call('HSET', documents, id, new)
  redis.call('HSET', briefs, id, brief)
  if not value and kept then
    redis.call('HDEL', gone, id)
    redis.call('ZREM', gone_times, id)
  end
  if turns == '' then redis.call('ZREM', due, id) else redis.call('ZADD', due, turns, id) end
  relink(old_keys, keys, id)
  return tell(id, value and kept == since and fields or '*')
end

local answer, lines = {'ok', 0}, {}
for at = 8 + ARGV[7], #ARGV, 8 do
  local fields = apply(unpack(ARGV, at, at + 7))
  if fields then
    answer[#answer + 1] = ARGV[at]
    lines[#lines + 1] = ARGV[at] .. ' ' .. fields
  end
end
answer[2] = seq
if #lines > 0 then
  local facts = {
    'seq:' .. kind, string.format('%.0f', seq),
    'count:' .. kind, redis.call('HLEN', documents),
    'keys:' .. kind, redis.call('HLEN', lookups),
    'due:' .. kind, redis.call('ZCARD', due),
  }
  for field, at in pairs(touched) do
    facts[#facts + 1] = 'changed:' .. kind .. ':' .. field
    facts[#facts + 1] = string.format('%.0f', at)
  end
  redis.call('HSET', state, unpack(facts))
  for i = 8, 7 + ARGV[7] do redis.call('HINCRBY', state, 'around:' .. ARGV[i], 1) end
  if stands[3] == '1' then
    local first = table.concat({ARGV[6], kind, stands[1], string.format('%.0f', seq)}, ' ')
    redis.call('PUBLISH', ARGV[5], first .. '\n' .. table.concat(lines, '\n'))
  end
end
local old = redis.call(
  'ZRANGEBYSCORE', gone_times, '-inf', string.format('%.0f', now - ARGV[4]), 'LIMIT', 0, 100
)
if #old > 0 then
  redis.call('ZREM', gone_times, unpack(old))
  redis.call('HDEL', gone, unpack(old))
end
return answer
"""
)
"""Apply changes; answers the sequence and the ids that are different now."""

GET: Final = (
    PRELUDE
    + """
-- KEYS: state, documents, look-ups, due; ARGV: kind, epoch, ids
if not readable(KEYS[1], ARGV[2]) or not intact(KEYS[1], ARGV[1], KEYS[2], KEYS[3], KEYS[4]) then
  return {'unmirrored'}
end
local answer = redis.call('HMGET', KEYS[2], unpack(ARGV, 3))
table.insert(answer, 1, 'ok')
return answer
"""
)
"""The values of some ids."""

FIND: Final = (
    PRELUDE
    + """
-- KEYS: state, documents, look-ups, due; ARGV: kind, epoch, digest
if not readable(KEYS[1], ARGV[2]) or not intact(KEYS[1], ARGV[1], KEYS[2], KEYS[3], KEYS[4]) then
  return {'unmirrored'}
end
local ids = redis.call('HGET', KEYS[3], ARGV[3])
if ids == '*' then return {'unmirrored'} end
local answer = {'ok'}
for id in string.gmatch(ids or '', '[^,]+') do
  answer[#answer + 1] = id
  answer[#answer + 1] = redis.call('HGET', KEYS[2], id)
end
return answer
"""
)
"""Ids and values of those that name a key."""
