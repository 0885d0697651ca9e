import { script } from './script.ts';

// The hash of generations has for each topic that was ever rebuilt `topic`, the highest number that it gave, and
// for each generation `topic#number`, which is `state|since|rebuild|until`.

/**
 * Asks for generations. KEYS: the generations. ARGV: the name of the rebuild, the time, and for each topic its name,
 * `until`, how many generations were found of it in the buckets, and their numbers.
 *
 * Returns the fields and values of the generations that are being built.
 */
export const requestScript = script(`
local key, rebuild, now = KEYS[1], ARGV[1], ARGV[2]
local call, out, i = redis.call, {}, 3
while i <= #ARGV do
  local topic, goal, found = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  i = i + 3
  local last = tonumber(call('HGET', key, topic) or '0')
  if last == 0 then
    last = 1
    call('HSET', key, topic .. '#1', 'live|0||null')
  end
  -- Of a map that was lost: they hold what nobody reads, and their numbers must not be given again.
  for _ = 1, found do
    local field = topic .. '#' .. ARGV[i]
    if call('HEXISTS', key, field) == 0 then call('HSET', key, field, 'retired|' .. now .. '||null') end
    if tonumber(ARGV[i]) > last then last = tonumber(ARGV[i]) end
    i = i + 1
  end
  local building
  for number = 1, last do
    local field = topic .. '#' .. number
    local value = call('HGET', key, field)
    if value and string.sub(value, 1, 9) == 'building|' then building = field end
  end
  if not building then
    last = last + 1
    building = topic .. '#' .. last
    call('HSET', key, building, 'building|' .. now .. '|' .. rebuild .. '|' .. goal)
  end
  call('HSET', key, topic, last)
  out[#out + 1] = building
  out[#out + 1] = call('HGET', key, building)
end
return out
`);

/**
 * Makes generations live that are being built, and retires those that were; or gives them up. KEYS: the
 * generations. ARGV: the time, `live` or `retired`, and for each generation its topic and number.
 */
export const settleScript = script(`
local key, now, state = KEYS[1], ARGV[1], ARGV[2]
local call = redis.call
local function set(field, from, to)
  local value = call('HGET', key, field)
  local was, rest = string.match(value or '', '^(%a+)|%d+(|.*)$')
  if was ~= from then return false end
  call('HSET', key, field, to .. '|' .. now .. rest)
  return true
end
for i = 3, #ARGV, 2 do
  local topic, number = ARGV[i], ARGV[i + 1]
  if set(topic .. '#' .. number, 'building', state) and state == 'live' then
    for other = 1, tonumber(call('HGET', key, topic)) do
      if other ~= tonumber(number) then set(topic .. '#' .. other, 'live', 'retired') end
    end
  end
end
return 0
`);
