import { script } from './script.ts';

/**
 * Deletes the rows that some entities of a bucket have of one view, in one generation, whose positions are deleted.
 *
 * KEYS: the entities of the bucket, its positions. ARGV: prefix of row keys, prefix of the keys of tied rows, the field
 * of the view, what positions of the generation begin with, and the entities, each `entity:key`. Returns how many rows
 * were deleted, or -1 when there are positions again: a store that has lost that the generation retired fills it anew.
 */
export const dropRowsScript = script(`
local rows, ties, field, call, dropped = ARGV[1], ARGV[2] .. ARGV[3] .. ':', ARGV[3], redis.call, 0
for _, position in ipairs(call('HKEYS', KEYS[2])) do
  if string.sub(position, 1, #ARGV[4]) == ARGV[4] then return -1 end
end
for i = 5, #ARGV do
  local row = rows .. ARGV[i]
  if call('HDEL', row, field) == 1 then
    dropped = dropped + 1
    call('DEL', ties .. ARGV[i])
    if call('EXISTS', row) == 0 then call('SREM', KEYS[1], ARGV[i]) end
  end
end
return dropped
`);

/**
 * Deletes the rows of some entities that were recorded and happened before given times.
 *
 * KEYS: the entities of the bucket. ARGV: prefix of row keys, prefix of the keys of tied rows, the number of fields,
 * for each field its name, the time of recording and the event time that its rows must be before, as rows have them,
 * and then the entities, each `entity:key`. Returns how many rows were deleted.
 */
export const collectScript = script(`
local rows, ties, count, call, unpack_ = ARGV[1], ARGV[2], tonumber(ARGV[3]), redis.call, struct.unpack
local fields, recorded, happened = {}, {}, {}
for f = 1, count do
  fields[f], recorded[f], happened[f] = ARGV[1 + 3 * f], ARGV[2 + 3 * f], ARGV[3 + 3 * f]
end
local function isBefore(row, at, time)
  local a1, a2 = unpack_('>I4I4', row, at)
  local b1, b2 = unpack_('>I4I4', time)
  return a1 < b1 or (a1 == b1 and a2 < b2)
end
local collected = 0
for i = 4 + 3 * count, #ARGV do
  local entity, emptied = ARGV[i], false
  local values = call('HMGET', rows .. entity, unpack(fields))
  for f = 1, count do
    local row = values[f]
    if row and isBefore(row, 34, recorded[f]) and isBefore(row, 1, happened[f]) then
      call('HDEL', rows .. entity, fields[f])
      if string.byte(row, 33) >= 2 then call('DEL', ties .. fields[f] .. ':' .. entity) end
      collected = collected + 1
      emptied = true
    end
  end
  if emptied and call('EXISTS', rows .. entity) == 0 then call('SREM', KEYS[1], entity) end
end
return collected
`);
