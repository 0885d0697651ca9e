import { script } from './script.ts';

/**
 * Reads the rows of several entities. KEYS: the entities. ARGV: the views. Returns one string, since a client
 * spends on each of many short ones more than on its row: for each row its length, 4 bytes big-endian, and the
 * row; length 0 where nothing is.
 */
export const readScript = script(`
local out, n, call, pack = {}, 0, redis.call, struct.pack
for i = 1, #KEYS do
  local values = call('HMGET', KEYS[i], unpack(ARGV))
  for j = 1, #values do
    local row = values[j] or ''
    out[n + 1] = pack('>I4', #row)
    out[n + 2] = row
    n = n + 2
  end
end
return table.concat(out)
`);

/**
 * Reads a whole bucket at one instant. KEYS: positions of the bucket, its entities. ARGV: prefix of row keys.
 * Returns the positions as a flat list, then for each entity its name and its rows as a flat list.
 */
export const readBucketScript = script(`
local out = { redis.call('HGETALL', KEYS[1]) }
for _, entity in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  out[#out + 1] = entity
  out[#out + 1] = redis.call('HGETALL', ARGV[1] .. entity)
end
return out
`);
