/** A record with a value for each key. */
export function recordOf<Key extends string, Value>(
  keys: readonly Key[],
  valueOf: (key: Key) => Value,
): Record<Key, Value> {
  const record: Partial<Record<Key, Value>> = {};
  for (const key of keys) record[key] = valueOf(key);
  const isComplete = (candidate: Partial<Record<Key, Value>>): candidate is Record<Key, Value> =>
    keys.every((key) => key in candidate);
  if (!isComplete(record)) throw new TypeError('a key of the record was lost');
  return record;
}
