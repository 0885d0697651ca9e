import { readFileSync } from 'node:fs';
import { createClient } from '@clickhouse/client';
import { type EntityKey, KeyCodec, type KeyColumns, type KeyValue } from '@millrace/events';
import { bucketOf } from '@millrace/online-store';
import { testStack } from '@millrace/testing';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { bucketInSql, keyInSql } from './key-in-sql.ts';

const { url, user, password } = testStack().clickhouse;
const client = createClient({ url, username: user, password });
afterAll(() => client.close());

const types = { string: 'String', int: 'Int32', long: 'Int64', bool: 'Bool' } as const;
const answerSchema = z.array(z.object({ key: z.string(), bucket: z.number() }));

/** What SQL makes of keys: their bytes and their buckets. */
async function inSql(columns: KeyColumns, keys: readonly EntityKey[]) {
  const key = keyInSql(columns);
  const names = Object.keys(columns);
  const selected = Object.entries(columns).map(
    ([name, type], index) => `CAST(row.${index + 1} AS ${types[type]}) AS ${name}`,
  );
  const tuples = keys.map((each) => `(${names.map((name) => inText(each[name])).join(', ')}, 0)`);
  const answer = await client.query({
    query: `SELECT hex(${key}) AS key, ${bucketInSql(key)} AS bucket
      FROM (SELECT ${selected.join(', ')} FROM (SELECT arrayJoin([${tuples.join(', ')}]) AS row))`,
    format: 'JSONEachRow',
  });
  return answerSchema.parse(await answer.json()).map((row) => ({ ...row, key: row.key.toLowerCase() }));
}

/** Numbers as text, so that all rows have one type; text in hex, so that nothing needs escaping. */
function inText(value: KeyValue | undefined): string {
  if (typeof value === 'string') return `unhex('${Buffer.from(value).toString('hex')}')`;
  return typeof value === 'boolean' ? String(value) : `'${String(value)}'`;
}

function expected(columns: KeyColumns, keys: readonly EntityKey[]) {
  const codec = new KeyCodec(columns);
  return keys.map((key) => {
    const bytes = codec.encode(key);
    return { key: bytes.toString('hex'), bucket: bucketOf(bytes) };
  });
}

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
  JSON.parse(readFileSync(new URL('../../../../schemas/record-key-vectors.json', import.meta.url), 'utf8')),
);

it.each(vectors)('SQL encodes $key as $hex', async ({ columns, key, hex }) => {
  const typed = Object.entries(key).map(([name, value]): [string, KeyValue] => [
    name,
    columns[name] === 'long' ? BigInt(value) : value,
  ]);
  const [answer] = await inSql(columns, [Object.fromEntries(typed)]);
  expect(answer?.key).toBe(hex);
});

it('SQL encodes any key as the codec does, and finds its bucket', async () => {
  const columns = { text: 'string', small: 'int', large: 'long', flag: 'bool' } as const;
  const key = fc.record({
    text: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 60, maxLength: 70 })),
    small: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    large: fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.constantFrom(0n, -1n, 63n, 64n, -64n, -65n, -(2n ** 63n), 2n ** 63n - 1n),
    ),
    flag: fc.boolean(),
  });
  const keys = fc.array(key, { minLength: 100, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(keys, async (some) => {
      expect(await inSql(columns, some)).toEqual(expected(columns, some));
    }),
    { numRuns: 5, seed: 11 },
  );
});

it('SQL counts the bytes of long texts', async () => {
  const columns = { text: 'string' } as const;
  const keys = [63, 64, 8191, 8192, 100_000].map((length) => ({ text: 'é'.repeat(length / 2 + 1) }));
  expect(await inSql(columns, keys)).toEqual(expected(columns, keys));
});
