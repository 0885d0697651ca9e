import { script } from './script.ts';

/**
 * Reads one position of several buckets. KEYS: positions of the buckets. ARGV: `topic:partition`. Returns the
 * positions, 0 where there is none.
 */
export const positionsScript = script(`
local out = {}
for i = 1, #KEYS do out[i] = redis.call('HGET', KEYS[i], ARGV[1]) or '0' end
return out
`);

/**
 * Raises positions of buckets without writing rows, all or none.
 *
 * KEYS: positions of the buckets; before them, on one server, the hash of what is applied. ARGV: the number of
 * partitions, whether that hash is among the keys, for each partition `topic:partition` and its new position, and
 * for each bucket and partition the position that the writer last saw.
 *
 * Returns 0, or a partition in which the server is behind the writer, counted from 1.
 */
export const checkpointScript = script(`
local count, first, seen = tonumber(ARGV[1]), 1, 2 + 2 * tonumber(ARGV[1])
local fields, reached = {}, {}
for p = 1, count do
  fields[p] = ARGV[1 + 2 * p]
  reached[p] = tonumber(ARGV[2 + 2 * p])
end
if ARGV[2] == '1' then
  first = 2
  local applied = redis.call('HMGET', KEYS[1], unpack(fields))
  for p = 1, count do
    if tonumber(applied[p] or '0') < reached[p] then return p end
  end
end
local raised = {}
for i = first, #KEYS do
  local stored = redis.call('HMGET', KEYS[i], unpack(fields))
  for p = 1, count do
    local at = tonumber(stored[p] or '0')
    seen = seen + 1
    if at < tonumber(ARGV[seen]) then return p end
    if at < reached[p] then
      raised[#raised + 1] = KEYS[i]
      raised[#raised + 1] = fields[p]
      raised[#raised + 1] = ARGV[2 + 2 * p]
    end
  end
end
for i = 1, #raised, 3 do redis.call('HSET', raised[i], raised[i + 1], raised[i + 2]) end
return 0
`);

/**
 * Raises what is applied of a partition, never lowers it. KEYS: the hash of what is applied, and on one server the
 * positions of the buckets that the batch had rows for. ARGV: `topic:partition`, what the writer last saw applied, the
 * position. Returns 0, or 1 when the server is behind the writer, and nothing is done: it may have lost the batch
 * since it took it.
 */
export const raiseScript = script(`
local stored, reached = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0'), tonumber(ARGV[3])
if stored < tonumber(ARGV[2]) then return 1 end
for i = 2, #KEYS do
  if tonumber(redis.call('HGET', KEYS[i], ARGV[1]) or '0') < reached then return 1 end
end
if stored < reached then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 0
`);
