"""The scripts that keep views: each is one atomic step, whatever the size of the view.

A place is a member of a sorted set without scores, so its bytes are the order; the hash of ids
keeps each place without the id at its end. What a view covers is kept in `about`: the sequence
of the last change that it knows, its surroundings then, and up to when it considered the clock.
"""

from typing import Final

from adapters.redis.mirror.scripts import PRELUDE
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS

LOG_STEP: Final = 1000
"""So many changes are looked at in one step."""

BEHIND: Final = 200
"""So many changed documents are given out in one step."""

DUE: Final = 1000
"""Where the clock turned more than so many, the view is built anew."""

_VIEWS: Final = (
    PRELUDE
    + """
local function surroundings(state, names)
  if #names == 0 then return '' end
  local fields = {}
  for i, name in ipairs(names) do fields[i] = 'around:' .. name end
  local counts = redis.call('HMGET', state, unpack(fields))
  for i = 1, #names do counts[i] = counts[i] or '0' end
  return table.concat(counts, ',')
end
local function move(places, ids, id, place)
  local before = redis.call('HGET', ids, id)
  before = before and before .. id
  if before == place then return end
  if before then redis.call('ZREM', places, before) end
  if place ~= '' then
    redis.call('ZADD', places, 0, place)
    redis.call('HSET', ids, id, string.sub(place, 1, -#id - 1))
  elseif before then
    redis.call('HDEL', ids, id)
  end
end
local function take(from, count)
  local taken = {}
  for i = from, from + count - 1 do taken[#taken + 1] = ARGV[i] end
  return taken
end
"""
)

_CHANGES: Final = (
    f"local LOG_STEP, BEHIND, DUE = {LOG_STEP}, {BEHIND}, {DUE}\n"
    f"local MEMBERS, MEMBERSHIPS = '{MEMBERS}', '{MEMBERSHIPS}'\n"
    """
-- of `state`, `documents`, `lookups`, `due`, `log`; `kind`, `epoch`, `fields` (`every`: all of
-- them), `timed`, `now`
local function answers()
  if not readable(state, epoch) or not intact(state, kind, documents, lookups, due) then
    return false
  end
  for _, field in ipairs(fields) do
    if (field == MEMBERSHIPS or field == MEMBERS)
      and redis.call('HGET', state, 'members:unsettled') ~= '0' then
      return false -- nobody knows who came or went
    end
  end
  return true
end
local function is_touched(covered, head)
  if every then return tonumber(head) > covered end
  local facts = {'changed:' .. kind .. ':*'}
  for i, field in ipairs(fields) do facts[i + 1] = 'changed:' .. kind .. ':' .. field end
  local changed = redis.call('HMGET', state, unpack(facts))
  for i = 1, #facts do
    if changed[i] and tonumber(changed[i]) > covered then return true end
  end
  return false
end
-- What happened after a point: nil for nothing of concern, false where nobody knows, else the
-- point up to which it is told, and the documents.
local function changes(seq, as_of, head)
  local covered = tonumber(seq)
  if covered > tonumber(head) then return false end -- of a past that was lost
  local touched = is_touched(covered, head)
  local turned = {}
  if timed and tonumber(now) > tonumber(as_of) then
    turned = redis.call('ZRANGEBYSCORE', due, as_of, now, 'LIMIT', 0, DUE + 1)
    if #turned > DUE then return false end
  end
  if not touched and #turned == 0 then return nil end
  local answer, told = {head, #turned > 0 and now or as_of}, {}
  local function give(id)
    if told[id] then return end
    told[id] = true
    answer[#answer + 1] = id
    answer[#answer + 1] = redis.call('HGET', documents, id) or ''
  end
  for _, id in ipairs(turned) do give(id) end
  if not touched then return answer end
  local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  if not oldest or tonumber(string.match(oldest[1], '%d+')) > covered + 1 then return false end
  local wanted = {['*'] = true}
  for _, field in ipairs(fields) do wanted[field] = true end
  local given, next = 0, string.format('%.0f', covered + 1)
  for _, entry in ipairs(redis.call('XRANGE', log, next, '+', 'COUNT', LOG_STEP)) do
    if given == BEHIND then break end
    answer[1] = string.match(entry[1], '%d+')
    local looked_at = every
    for field in string.gmatch(entry[2][2], '[^,]+') do
      looked_at = looked_at or wanted[field]
    end
    if looked_at then
      give(entry[2][1])
      given = given + 1
    end
  end
  return answer
end
local function put(answer, ids)
  if #ids == 0 then return answer end
  for i, value in ipairs(redis.call('HMGET', documents, unpack(ids))) do
    answer[#answer + 1] = ids[i]
    answer[#answer + 1] = value
  end
  return answer
end
"""
)

PAGE: Final = (
    _VIEWS
    + """
-- KEYS: state, documents, look-ups, due, log, places, ids, about, views
-- ARGV: kind, epoch, name, now (us), timed, offset, limit, length of an id, lifetime (ms),
--   number of fields (-1: all), number of surroundings, length of the mark, where the window is
--   ('all' of it, 'after' or 'before' a place), the place; fields, surroundings, mark; moves
local state, documents, lookups, due, log, places, ids, about, views = unpack(KEYS)
local kind, epoch, name = ARGV[1], ARGV[2], ARGV[3]
local now, timed, id_length = ARGV[4], ARGV[5] == '1', tonumber(ARGV[8])
local every, name_count, mark_length = ARGV[10] == '-1', tonumber(ARGV[11]), ARGV[12]
local at = 15
local fields = take(at, tonumber(ARGV[10]))
at = at + #fields
local names = take(at, name_count)
at = at + name_count
local mark = take(at, mark_length)
at = at + mark_length
"""
    + _CHANGES
    + """
if not answers() then return {'unmirrored'} end
local has = redis.call('HMGET', about, 'epoch', 'token', 'seq', 'around', 'as_of', 'used', 'size')
if has[1] ~= epoch or has[4] ~= surroundings(state, names) then return {'unbuilt'} end
local size = redis.call('ZCARD', places)
if size ~= tonumber(has[7]) or size ~= redis.call('HLEN', ids) then return {'unbuilt'} end
local token, seq, as_of = has[2], has[3], has[5]
local moved = false
if mark[1] == token and mark[2] == seq and mark[4] == as_of then
  for i = at, #ARGV, 2 do move(places, ids, ARGV[i], ARGV[i + 1]) end
  size = redis.call('ZCARD', places)
  seq, as_of = mark[3], mark[5]
  redis.call('HSET', about, 'seq', seq, 'as_of', as_of, 'size', size)
  moved = true
end

local head = redis.call('HGET', state, 'seq:' .. kind)
local changed = changes(seq, as_of, head)
if changed == false then return {'unbuilt'} end
if changed then
  local answer = {'behind', token, seq, changed[1], as_of, changed[2]}
  for i = 3, #changed do answer[#answer + 1] = changed[i] end
  return answer
end

if head ~= seq then redis.call('HSET', about, 'seq', head) end
local clock = redis.call('TIME')
local used = clock[1] * 1000 + math.floor(clock[2] / 1000)
if moved or used - has[6] > ARGV[9] / 10 then
  redis.call('HSET', about, 'used', string.format('%.0f', used))
  redis.call('ZADD', views, string.format('%.0f', used), name)
  for _, key in ipairs({places, ids, about}) do redis.call('PEXPIRE', key, ARGV[9]) end
end
local from, limit, seek = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[14]
if limit > 0 and ARGV[13] == 'after' then
  from = redis.call('ZLEXCOUNT', places, '-', '[' .. seek) + from
elseif limit > 0 and ARGV[13] == 'before' then
  local stop = math.max(0, redis.call('ZLEXCOUNT', places, '-', '(' .. seek) - from)
  from = math.max(0, stop - limit)
  limit = stop - from
end
local here = limit > 0 and redis.call('ZRANGE', places, from, from + limit - 1) or {}
for i, place in ipairs(here) do here[i] = string.sub(place, -id_length) end
return put({'page', tonumber(head), size}, here)
"""
)
"""A page, or what has to be done first."""

CURRENT: Final = (
    _VIEWS
    + """
-- KEYS: state, documents, look-ups, due, log
-- ARGV: kind, epoch, now (us), timed, seq, as of, around, number of fields (-1: all), number of
--   surroundings; fields, surroundings, ids
local state, documents, lookups, due, log = unpack(KEYS)
local kind, epoch, now, timed = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local every, name_count = ARGV[8] == '-1', tonumber(ARGV[9])
local fields = take(10, tonumber(ARGV[8]))
local names = take(10 + #fields, name_count)
local first = 10 + #fields + name_count
"""
    + _CHANGES
    + """
if not answers() then return {'unmirrored'} end
if ARGV[7] ~= surroundings(state, names) then return {'unbuilt'} end
local head = redis.call('HGET', state, 'seq:' .. kind)
local changed = changes(ARGV[5], ARGV[6], head)
if changed == false then return {'unbuilt'} end
if changed then
  table.insert(changed, 1, 'behind')
  return changed
end
return put({'page', tonumber(head)}, take(first, #ARGV - first + 1))
"""
)
"""Some documents, if nothing of concern happened after a point; else what did."""

BEGIN: Final = (
    _VIEWS
    + """
-- KEYS: state, documents, look-ups, due, builder [, about of the wider view]
-- ARGV: kind, epoch, token, claim (ms), now (us), number of surroundings, these, then those of
--   the wider view
if not readable(KEYS[1], ARGV[2]) or not intact(KEYS[1], ARGV[1], KEYS[2], KEYS[3], KEYS[4]) then
  return {'unmirrored'}
end
local seq, as_of, source = redis.call('HGET', KEYS[1], 'seq:' .. ARGV[1]), ARGV[5], ''
local count = tonumber(ARGV[6])
if KEYS[6] then
  local has = redis.call('HMGET', KEYS[6], 'epoch', 'token', 'seq', 'around', 'as_of')
  local around = surroundings(KEYS[1], take(7 + count, #ARGV - 6 - count))
  if has[1] ~= ARGV[2] or has[4] ~= around then return {'unbuilt'} end
  source, seq, as_of = has[2], has[3], has[5]
end
if not redis.call('SET', KEYS[5], ARGV[3], 'NX', 'PX', ARGV[4]) then return {'unbuilt'} end
return {'ok', seq, as_of, source, surroundings(KEYS[1], take(7, count))}
"""
)
"""Claim a view to build it; answers from where on it has to follow changes."""

PUBLISH: Final = (
    _VIEWS
    + """
-- KEYS: state, builder, places and ids that were built, places, ids, about, views
-- ARGV: token, epoch, name, size, seq, as of, around, lifetime (ms), room for views
local size = tonumber(ARGV[4])
if not readable(KEYS[1], ARGV[2]) or redis.call('GET', KEYS[2]) ~= ARGV[1]
  or redis.call('ZCARD', KEYS[3]) ~= size or redis.call('HLEN', KEYS[4]) ~= size then
  return {'unbuilt'}
end
redis.call('UNLINK', KEYS[2], KEYS[5], KEYS[6], KEYS[7])
if size > 0 then
  redis.call('RENAME', KEYS[3], KEYS[5])
  redis.call('RENAME', KEYS[4], KEYS[6])
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('HSET', KEYS[7], 'epoch', ARGV[2], 'token', ARGV[1], 'seq', ARGV[5], 'as_of', ARGV[6],
  'around', ARGV[7], 'used', string.format('%.0f', now), 'size', size)
for i = 5, 7 do redis.call('PEXPIRE', KEYS[i], ARGV[8]) end
redis.call('ZADD', KEYS[8], string.format('%.0f', now), ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[8], '-inf', string.format('%.0f', now - ARGV[8]))
local answer = {'ok'}
local over = redis.call('ZCARD', KEYS[8]) - ARGV[9]
if over > 0 then
  for i, part in ipairs(redis.call('ZPOPMIN', KEYS[8], over)) do
    if i % 2 == 1 then answer[#answer + 1] = part end
  end
end
redis.call('PEXPIRE', KEYS[8], ARGV[8])
return answer
"""
)
"""Put what was built in the view's place; answers the views that there is no room for now."""

ABANDON: Final = """
-- KEYS: builder, places, ids; ARGV: token
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
redis.call('UNLINK', KEYS[2], KEYS[3])
return {'ok'}
"""
"""Give up a claim."""

SCAN_VIEW: Final = (
    PRELUDE
    + """
-- KEYS: state, documents, look-ups, due, about, ids, what to read: the documents or briefs
-- ARGV: kind, epoch, cursor, count, token
if not readable(KEYS[1], ARGV[2]) or not intact(KEYS[1], ARGV[1], KEYS[2], KEYS[3], KEYS[4])
  or not briefed(KEYS[2], KEYS[7])
  or redis.call('HGET', KEYS[5], 'token') ~= ARGV[5]
  or redis.call('HLEN', KEYS[6]) ~= tonumber(redis.call('HGET', KEYS[5], 'size')) then
  return {'unmirrored'}
end
local step = redis.call('HSCAN', KEYS[6], ARGV[3], 'COUNT', ARGV[4])
local here, flat = {}, {}
for i = 1, #step[2], 2 do here[#here + 1] = step[2][i] end
if #here > 0 then
  for i, value in ipairs(redis.call('HMGET', KEYS[7], unpack(here))) do
    if value then
      flat[#flat + 1] = here[i]
      flat[#flat + 1] = value
    end
  end
end
return {'ok', step[1], flat}
"""
)
"""One step through the documents of a view, or their briefs."""
