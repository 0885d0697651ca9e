import { script } from './script.ts';

/**
 * Writes rows of one or several buckets, and the positions of those buckets, in one atomic step. Many small calls
 * would cost more than the rows; on a cluster, where only a bucket is sure to lie on one node, a call has one.
 *
 * KEYS: positions of the first bucket. ARGV: `topic:partition`, its new position, the prefix of all keys, and what
 * `packWrites` packed: for each bucket its number, the position that the writer last saw, whether it has the
 * whole batch with these rows, and the rows.
 *
 * Returns the number of rows that won, or -1 less the number of a bucket that is behind the writer, and nothing is
 * written. Strings are never compared by order: Lua does that in the server's locale.
 */
export const writeScript = script(`
local HGET, HSET, call, unpack_, sub, byte = 'HGET', 'HSET', redis.call, struct.unpack, string.sub, string.byte
local partition, next, name, packed = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local size, reached = #packed, tonumber(ARGV[2])

local at, raised = 1, {}
while at <= size do
  local bucket, seen, complete, length, from = unpack_('>I2dI1I4', packed, at)
  local positions = name .. ':{' .. bucket .. '}:positions'
  local stored = tonumber(call(HGET, positions, partition) or '0')
  if stored < seen then return -1 - bucket end
  if complete == 1 and stored < reached then raised[#raised + 1] = positions end
  at = from + length
end
for i = 1, #raised do call(HSET, raised[i], partition, next) end

local function compare(a, b, from)
  local a1, a2 = unpack_('>I4I4', a, from)
  local b1, b2 = unpack_('>I4I4', b, from)
  if a1 ~= b1 then return a1 < b1 and -1 or 1 end
  if a2 ~= b2 then return a2 < b2 and -1 or 1 end
  return 0
end
local TIME, POSITION = 1, 9
local function id(row) return sub(row, 17, 32) end
local function tied(row) return byte(row, 33) >= 2 end
local function withTies(row) return sub(row, 1, 32) .. string.char(byte(row, 33) % 2 + 2) .. sub(row, 34) end

local function tie(key, view, ties, old, row)
  if not tied(old) then
    if id(row) == id(old) then
      if compare(row, old, POSITION) >= 0 then return 0 end
      call(HSET, key, view, row)
      return 1
    end
    call(HSET, ties, id(old), old, id(row), row)
    local wins = compare(row, old, POSITION) > 0
    call(HSET, key, view, withTies(wins and row or old))
    return wins and 1 or 0
  end
  local known = call(HGET, ties, id(row))
  if known and compare(row, known, POSITION) >= 0 then return 0 end
  call(HSET, ties, id(row), row)
  local winner = old
  if id(row) == id(old) then
    winner = row
    for _, other in ipairs(call('HVALS', ties)) do
      if compare(other, winner, POSITION) > 0 then winner = other end
    end
  elseif compare(row, old, POSITION) > 0 then
    winner = row
  end
  if winner == old then return 0 end
  call(HSET, key, view, withTies(winner))
  return 1
end

local changed = 0
at = 1
while at <= size do
  local bucket, _, _, length, from = unpack_('>I2dI1I4', packed, at)
  local prefix = name .. ':{' .. bucket .. '}:'
  local rows, tiesOf, entities = prefix .. 'e:', prefix .. 't:', prefix .. 'entities'
  at = from
  local stop = from + length
  while at < stop do
    local entity, view, row
    entity, view, row, at = unpack_('>I2c0I1c0I4c0', packed, at)
    local key = rows .. entity
    local old = call(HGET, key, view)
    if not old then
      call(HSET, key, view, row)
      call('SADD', entities, entity)
      changed = changed + 1
    else
      local order = compare(row, old, TIME)
      if order > 0 then
        call(HSET, key, view, row)
        if tied(old) then call('DEL', tiesOf .. view .. ':' .. entity) end
        changed = changed + 1
      elseif order == 0 then
        changed = changed + tie(key, view, tiesOf .. view .. ':' .. entity, old, row)
      end
    end
  end
end
return changed
`);
