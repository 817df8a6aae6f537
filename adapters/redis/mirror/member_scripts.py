r"""The scripts that keep who is in which group: each is one atomic and bounded step.

A group is its UUID of 16 octets, a member its kind of 3 octets and its UUID. Pairs of group and
member are a sorted set without scores, so that a group's members stand in a row, by id; of each
member, its groups are written one after the other. Each key's size is noted in the tenant's
state, so that a lost key is noticed.
"""

from typing import Final

from adapters.redis.mirror.scripts import PRELUDE
from gateway.mirror.fields import MEMBERS, MEMBERSHIPS, NESTING
from gateway.ports.news import UNSETTLED as UNSETTLED_ID

GROUP: Final = 16
"""Octets of a group."""

MEMBER: Final = 19
"""Octets of a member."""

MANY: Final = 1000
"""Where more groups are above, the directory is asked."""

BUDGET: Final = 500
"""So many pairs go in one step where users and groups are forgotten."""

_MEMBERS: Final = (
    PRELUDE
    + f"local GROUP, MANY, BUDGET = {GROUP}, {MANY}, {BUDGET}\n"
    + f"local MEMBERS, MEMBERSHIPS, UNSETTLED = '{MEMBERS}', '{MEMBERSHIPS}', '{UNSETTLED_ID}'\n"
    + f"local NESTING = 'around:{NESTING}'\n"
    + r"""
-- KEYS: state, pairs (`couples`: Lua has another `pairs`), groups of each, settled, unsettled,
--   logs of users and of groups
local state, couples, groups_of, settled, unsettled = unpack(KEYS, 1, 5)
local function whole()
  return settles(state, couples, groups_of, settled, unsettled)
end
local function range(group)
  return redis.call('ZLEXCOUNT', couples, '[' .. group, '(' .. group .. '\255')
end
local function text(kind, octets)
  return kind .. '_' .. string.gsub(octets, '.', function(octet)
    return string.format('%02x', string.byte(octet))
  end)
end
"""
)

_WRITES: Final = (
    _MEMBERS
    + r"""
-- ARGV: fence (empty: a write of the gateway), channel, tenant id, log length
local stands = redis.call('HMGET', state, 'epoch', 'fence', 'complete', 'seq:usr', 'seq:grp')
if not stands[1] or not whole() then return {'unmirrored'} end
if ARGV[1] ~= '' then
  if later(stands[2], ARGV[1]) then return {'superseded'} end
  if stands[2] ~= ARGV[1] then redis.call('HSET', state, 'fence', ARGV[1]) end
end
local complete, nested = stands[3] == '1', false
local seqs = {usr = tonumber(stands[4]), grp = tonumber(stands[5])}
local logs, lines, facts = {usr = KEYS[6], grp = KEYS[7]}, {usr = {}, grp = {}}, {}
local function tell(kind, id, field)
  seqs[kind] = seqs[kind] + 1
  local seq = string.format('%.0f', seqs[kind])
  if complete then
    redis.call('XADD', logs[kind], 'MAXLEN', '~', ARGV[4], seq .. '-0', id, field)
    table.insert(lines[kind], id .. ' ' .. field)
  end
  facts['seq:' .. kind] = seq
  facts['changed:' .. kind .. ':' .. field] = seq
end
local function finish(answer)
  if nested then redis.call('HINCRBY', state, NESTING, 1) end
  local flat = {
    'members:pairs', redis.call('ZCARD', couples), 'members:of', redis.call('HLEN', groups_of),
    'members:settled', redis.call('HLEN', settled),
    'members:unsettled', redis.call('HLEN', unsettled),
  }
  for name, value in pairs(facts) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', state, unpack(flat))
  for kind, told in pairs(lines) do
    if #told > 0 then
      local first = table.concat(
        {ARGV[3], kind, stands[1], string.format('%.0f', seqs[kind])}, ' '
      )
      redis.call('PUBLISH', ARGV[2], first .. '\n' .. table.concat(told, '\n'))
    end
  end
  return answer
end
local function heard_of(told)
  return string.match(told, '^([^!]*)!(.*)$')
end
local function unsettle(group, id, version, mark)
  redis.call('HSET', unsettled, group, version .. '!' .. mark)
  if complete then
    if #lines.grp == 0 then lines.grp[1] = UNSETTLED .. ' ' .. MEMBERS .. ',' .. MEMBERSHIPS end
    table.insert(lines.grp, id .. ' ' .. MEMBERS)
  end
end
local function join(group, member, id)
  if redis.call('ZADD', couples, 0, group .. member) == 0 then return end
  redis.call('HSET', groups_of, member, (redis.call('HGET', groups_of, member) or '') .. group)
  local kind = string.sub(member, 1, 3)
  nested = nested or kind == 'grp'
  tell(kind, id, MEMBERSHIPS)
end
local function without(groups, group)
  for at = 1, #groups, GROUP do
    if string.sub(groups, at, at + GROUP - 1) == group then
      return string.sub(groups, 1, at - 1) .. string.sub(groups, at + GROUP)
    end
  end
  return groups
end
local function keep(member, groups)
  if groups == '' then
    redis.call('HDEL', groups_of, member)
  else
    redis.call('HSET', groups_of, member, groups)
  end
end
local function leave(group, member, id)
  if redis.call('ZREM', couples, group .. member) == 0 then return end
  keep(member, without(redis.call('HGET', groups_of, member) or '', group))
  local kind = string.sub(member, 1, 3)
  nested = nested or kind == 'grp'
  tell(kind, id, MEMBERSHIPS)
end
"""
)

UNSETTLE: Final = (
    _WRITES
    + """
-- ... then of each group: octets, id, version, mark
for at = 5, #ARGV, 4 do
  local group, id, version, mark = unpack(ARGV, at, at + 3)
  local known = redis.call('HGET', settled, group)
  if mark ~= '' or not known or later(version, known) then
    local heard = redis.call('HGET', unsettled, group)
    local before, marked = heard_of(heard or '!')
    if not heard or later(version, before) or later(mark, marked) then
      unsettle(
        group, id, later(before, version) and before or version,
        later(marked, mark) and marked or mark
      )
    end
  end
end
return finish({'ok'})
"""
)
"""Say that members are not known."""

MOVE: Final = (
    _WRITES
    + """
-- ... then the group, its id, how many members it has now, whether this is the last step, the
--   version (empty: the group is not there any more), the mark, whether anything changes in any
--   step, how many come; octets and id of each that comes, then of each that goes
local group, id, expected, last, version, mark, changes = unpack(ARGV, 5, 11)
local known = version ~= '' and redis.call('HGET', settled, group)
if known and later(known, version) then return {'late'} end
if range(group) ~= tonumber(expected) then return {'moved'} end
local going = 13 + 2 * ARGV[12]
if last == '0' and redis.call('HEXISTS', unsettled, group) == 0 then
  unsettle(group, id, version, '')
end
for at = 13, going - 2, 2 do join(group, ARGV[at], ARGV[at + 1]) end
for at = going, #ARGV, 2 do leave(group, ARGV[at], ARGV[at + 1]) end
if last == '1' then
  if version == '' then
    redis.call('HDEL', settled, group)
    redis.call('HDEL', unsettled, group)
  else
    redis.call('HSET', settled, group, version)
    local before, marked = heard_of(redis.call('HGET', unsettled, group) or '!')
    if not later(before, version) and not later(marked, mark) then
      redis.call('HDEL', unsettled, group)
    end
  end
  if changes == '1' then tell('grp', id, MEMBERS) end
end
return finish({'ok', range(group)})
"""
)
"""Let some members of a group come and go, unless it is late; answers how many it has then."""

SHIFT: Final = (
    _WRITES
    + """
-- ... then the epoch, the group, its id, its versions before and after, how many join; octets
--   and id of each that joins, then of each that leaves. KEYS further: users and groups
local epoch, group, id, since, version = unpack(ARGV, 5, 9)
if not readable(state, epoch) then return {'unmirrored'} end
local leaving = 11 + 2 * ARGV[10]
local heard = redis.call('HGET', unsettled, group)
if redis.call('HGET', settled, group) ~= since or heard and heard ~= version .. '!' then
  return {'ok', 0}
end
for at = 11, leaving - 2, 2 do
  local documents = string.sub(ARGV[at], 1, 3) == 'usr' and KEYS[8] or KEYS[9]
  if redis.call('HEXISTS', documents, ARGV[at + 1]) == 0 then return {'ok', 0} end
end
for at = 11, leaving - 2, 2 do join(group, ARGV[at], ARGV[at + 1]) end
for at = leaving, #ARGV, 2 do leave(group, ARGV[at], ARGV[at + 1]) end
redis.call('HSET', settled, group, version)
redis.call('HDEL', unsettled, group)
tell('grp', id, MEMBERS)
return finish({'ok', 1})
"""
)
"""Let some come and go that one write changed, if nothing else has changed."""

FORGET: Final = (
    _WRITES
    + """
-- ... then octets and id of each that is not there any more
local budget, done = BUDGET, 0
for at = 5, #ARGV, 2 do
  local member = ARGV[at]
  local groups = redis.call('HGET', groups_of, member)
  if groups then
    local count = math.min(budget, #groups / GROUP)
    for from = 1, count * GROUP, GROUP do
      local group = string.sub(groups, from, from + GROUP - 1)
      redis.call('ZREM', couples, group .. member)
      tell('grp', text('grp', group), MEMBERS)
    end
    budget = budget - count
    keep(member, string.sub(groups, count * GROUP + 1))
    local kind = string.sub(member, 1, 3)
    nested = nested or kind == 'grp'
    tell(kind, ARGV[at + 1], MEMBERSHIPS)
    if count * GROUP < #groups then break end
  end
  done = done + 1
end
return finish({'ok', done})
"""
)
"""Take some out of all groups, as far as the budget reaches; answers how many are done."""

UNSETTLED: Final = (
    _MEMBERS
    + """
-- ARGV: cursor
if redis.call('EXISTS', state) == 0 or not whole() then return {'unmirrored'} end
local step = redis.call('HSCAN', unsettled, ARGV[1], 'COUNT', 500)
return {'ok', step[1], step[2]}
"""
)
"""A step through the groups whose members are not known."""

GROUPS_OF: Final = (
    _MEMBERS
    + """
-- ARGV: epoch, members
if not readable(state, ARGV[1]) or not whole() then return {'unmirrored'} end
if redis.call('HLEN', unsettled) > 0 then return {'unsettled'} end
local answer, seen, above, count = {'ok'}, {}, {}, 0
local function look(member)
  local groups = redis.call('HGET', groups_of, member) or ''
  answer[#answer + 1] = member
  answer[#answer + 1] = groups
  for at = 1, #groups, GROUP do
    local group = string.sub(groups, at, at + GROUP - 1)
    if not seen[group] then
      seen[group] = true
      count = count + 1
      above[count] = group
    end
  end
end
for at = 2, #ARGV do look(ARGV[at]) end
local at = 1
while at <= count do
  if count > MANY then return {'unmirrored'} end
  look('grp' .. above[at])
  at = at + 1
end
return answer
"""
)
"""The groups of some, and of those groups, and so on."""

LIST: Final = (
    _MEMBERS
    + """
-- ARGV: epoch, group, offset, limit
local group, offset, limit = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if not readable(state, ARGV[1]) or not whole() then return {'unmirrored'} end
if redis.call('HEXISTS', settled, group) == 0 or redis.call('HEXISTS', unsettled, group) == 1 then
  return {'unsettled'}
end
local total = range(group)
limit = math.min(limit, total - offset)
if limit <= 0 then return {'ok', total} end
local from = redis.call('ZLEXCOUNT', couples, '-', '(' .. group) + offset
return {'ok', total, unpack(redis.call('ZRANGE', couples, from, from + limit - 1))}
"""
)
"""How many members a group has, and some of them."""
