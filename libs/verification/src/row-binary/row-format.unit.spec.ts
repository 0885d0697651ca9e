import { RowWriter } from '@millrace/offline-store';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cellType } from './cell-types.ts';
import { cellOf, RowFormat } from './row-format.ts';

const format = new RowFormat([
  { name: 'id', type: 'UInt64' },
  { name: 'text', type: 'LowCardinality(Nullable(String))' },
  { name: 'numbers', type: 'Array(Float64)' },
  { name: 'last', type: 'Bool' },
]);

type Row = readonly [id: bigint, text: string | null, numbers: readonly number[], last: boolean];

function written(rows: readonly Row[]): Buffer {
  const writer = new RowWriter();
  for (const [id, text, numbers, last] of rows) {
    writer.u64(id);
    writer.u8(text === null ? 1 : 0);
    if (text !== null) writer.string(text);
    writer.varUint(numbers.length);
    for (const number of numbers) writer.f64(number);
    writer.u8(last ? 1 : 0);
  }
  return writer.toBuffer();
}

const row = fc.tuple(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.option(fc.string({ maxLength: 300 })),
  fc.array(fc.double(), { maxLength: 20 }),
  fc.boolean(),
);

it('takes rows apart wherever the pieces of an answer are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 20 }),
      fc.integer({ min: 1, max: 400 }),
      async (rows, size) => {
        const bytes = written(rows);
        const found: string[][] = [];
        for await (const each of format.rows(pieces(bytes, size))) {
          expect(cellOf(each, 0).readBigUInt64LE()).toBe(BigInt(format.show(each, 0)));
          found.push(format.columns.map((_, index) => format.show(each, index)));
        }
        expect(found).toEqual(rows.map(shown));
      },
    ),
  );
});

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function shown([id, text, numbers, last]: Row): string[] {
  const list = numbers.map((number) => (Object.is(number, -0) ? '-0' : String(number)));
  return [
    String(id),
    text === null ? 'null' : JSON.stringify(Buffer.from(text).toString()),
    `[${list.join(', ')}]`,
    String(last),
  ];
}

it('refuses an answer that ends inside a row', async () => {
  const bytes = written([[1n, 'a', [1], true]]);
  const read = async () => {
    for await (const _row of format.rows(pieces(bytes.subarray(0, -1), 7)));
  };
  await expect(read()).rejects.toMatchObject({ code: 'INTERNAL' });
});

it.each([
  ['Map(LowCardinality(String), Array(Int32))', [1, 1, 0x61, 1, 5, 0, 0, 0], '{"a": [5]}'],
  ['Array(Tuple(kind LowCardinality(String), at Nullable(Int64)))', [1, 1, 0x6b, 1], '[("k", null)]'],
  ["Nullable(DateTime64(3, 'UTC'))", [0, 1, 0, 0, 0, 0, 0, 0, 0], '1970-01-01T00:00:00.001000Z'],
  ['UUID', [7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8], '00010203-0405-0607-0809-0a0b0c0d0e0f'],
])('reads %s', (type, bytes, text) => {
  const buffer = Buffer.from(bytes);
  expect(cellType(type).skip(buffer, 0)).toBe(bytes.length);
  expect(cellType(type).show(buffer, 0)).toBe(text);
});

it('refuses a type that it does not know', () => {
  expect(() => cellType('AggregateFunction(sum, Int32)')).toThrow('AggregateFunction');
});
