import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { partitionOf } from './murmur2.ts';
import { type EntityKey, KeyCodec, type KeyColumns } from './record-key.ts';

const vectorsSchema = z.object({
  vectors: z.array(
    z.object({
      columns: z.record(z.string(), z.enum(['string', 'int', 'long', 'bool'])),
      key: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      hex: z.string(),
    }),
  ),
});
const { vectors } = vectorsSchema.parse(
  JSON.parse(readFileSync(new URL('../../../schemas/record-key-vectors.json', import.meta.url), 'utf8')),
);

function typed(columns: KeyColumns, key: Record<string, string | number | boolean>): EntityKey {
  return Object.fromEntries(
    Object.entries(key).map(([column, value]) => [
      column,
      columns[column] === 'long' ? BigInt(value) : value,
    ]),
  );
}

describe('test vectors', () => {
  it.each(vectors)('$columns $key is $hex', ({ columns, key, hex }) => {
    const codec = new KeyCodec(columns);
    expect(codec.encode(typed(columns, key)).toString('hex')).toBe(hex);
    expect(codec.decode(Buffer.from(hex, 'hex'))).toEqual(typed(columns, key));
  });
});

it('gives different keys different bytes', () => {
  const codec = new KeyCodec({ a: 'string', b: 'string' });
  const key = fc.record({ a: fc.string({ unit: 'grapheme' }), b: fc.string({ unit: 'grapheme' }) });
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(codec.encode(one).equals(codec.encode(other))).toBe(one.a === other.a && one.b === other.b);
    }),
  );
});

it.each([{ airport: 7 }, { airport: null }, {}])('refuses %j', (key) => {
  expect(() => new KeyCodec({ airport: 'string' }).encode(Object(key))).toThrow(/does not fit/);
});

// org.apache.kafka.common.utils.UtilsTest.testMurmur2
it.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('partitions %s as Kafka does', (text, hash) => {
  expect(partitionOf(Buffer.from(text), 1_000)).toBe((hash & 0x7fffffff) % 1_000);
});
