import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { Batch } from 'kafkajs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { newEventId } from '@millrace/events';
import { decodeFetch } from './fetch-blocks.ts';
import { batchOf } from './partition-batch.ts';
import { replayHeaders } from './replay-header.ts';

const require = createRequire(import.meta.url);
const anyFunction = <F>() => z.custom<F>((value) => typeof value === 'function');
const encodeRecord = anyFunction<(record: object) => { readonly buffer: Buffer }>().parse(
  require('kafkajs/src/protocol/recordBatch/record/v0'),
);
const { RecordBatch: encodeBatch } = z
  .object({ RecordBatch: anyFunction<(batch: object) => Promise<{ readonly buffer: Buffer }>>() })
  .parse(require('kafkajs/src/protocol/recordBatch/v0'));
const BatchOfKafkajs = anyFunction<new (topic: string, from: string, partition: unknown) => Batch>().parse(
  require('kafkajs/src/consumer/batch'),
);
const { decode: decodeByKafkajs } = z
  .object({ decode: anyFunction<typeof decodeFetch>() })
  .parse(require('kafkajs/src/protocol/requests/fetch/v11/response'));

const APPEND_TIME = 0x08;
const CONTROL = 0x20;

/** The key of the marker that ends a transaction which is taken back. */
const ABORT = Buffer.alloc(4);
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const replay = replayHeaders(newEventId());
const recordArbitrary = fc.record({
  // kafkajs takes this key for a marker, wherever it stands.
  key: fc.option(bytes.filter((key) => !key.equals(ABORT))),
  value: fc.option(bytes),
  timestampDelta: fc.oneof(fc.integer(), fc.integer({ min: 0, max: 200 })),
  skipped: fc.constantFrom(0, 0, 0, 5),
  headers: fc.constantFrom(
    {},
    {},
    {},
    replay,
    { other: 'x' },
    { ...replay, other: ['a', 'b'] },
    {
      'millrace-replay-of': [newEventId(), newEventId()],
    },
  ),
});
const blockArbitrary = fc.record({
  records: fc.array(recordArbitrary, { minLength: 1, maxLength: 5 }),
  firstTimestamp: fc.integer({ min: 0, max: 2 ** 42 }),
  compression: fc.constantFrom(0, 0, 0, 1),
  timeFlag: fc.constantFrom(APPEND_TIME, 0),
  kind: fc.constantFrom('plain', 'transactional', 'taken back', 'marker'),
  producerId: fc.constantFrom(1, 1, 2),
});
type Block = typeof blockArbitrary extends fc.Arbitrary<infer B> ? B : never;

interface Encoded {
  readonly bytes: Buffer;
  readonly firstOffset: number;
  readonly next: number;
}

async function encoded(block: Block, firstOffset: number): Promise<Encoded> {
  let offsetDelta = -1;
  const records = block.records.map((record) => {
    offsetDelta += 1 + record.skipped;
    const key = block.kind === 'marker' ? ABORT : record.key;
    return encodeRecord({ ...record, key, offsetDelta });
  });
  const { buffer } = await encodeBatch({
    ...block,
    transactional: block.kind !== 'plain',
    firstOffset,
    maxTimestamp: block.firstTimestamp + 7,
    lastOffsetDelta: offsetDelta,
    records,
  });
  const control = block.kind === 'marker' ? CONTROL : 0;
  buffer.writeInt16BE(buffer.readInt16BE(21) | block.timeFlag | control, 21);
  return { bytes: buffer, firstOffset, next: firstOffset + offsetDelta + 1 };
}

function int64(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => buffer.writeBigInt64BE(BigInt(value), 8 * index));
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** An answer with one partition, in version 11. */
function answer(
  records: Buffer,
  aborted: readonly (readonly [producerId: number, offset: number])[],
): Buffer {
  return Buffer.concat([
    Buffer.alloc(10),
    int32(1),
    Buffer.from([0, 1, 0x74]),
    int32(1),
    int32(3),
    Buffer.alloc(2),
    int64(1_000_000, 1_000_000, 0),
    int32(aborted.length),
    ...aborted.map((transaction) => int64(...transaction)),
    int32(-1),
    int32(records.length),
    records,
  ]);
}

async function readBy(decode: typeof decodeFetch, payload: Buffer, from: number) {
  const { responses } = await decode(payload);
  const batch = new BatchOfKafkajs('t', String(from), responses[0]?.partitions[0]);
  const { records, nextOffset, highWatermark, partition } = batchOf(batch, () => true);
  expect([...records]).toHaveLength(records.length);
  return { records: [...records], nextOffset, highWatermark, partition };
}

it('gives the records that kafkajs gives, wherever a fetch begins and ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(blockArbitrary, { maxLength: 6 }),
      fc.integer({ min: 0, max: 2 ** 40 - 1_000 }),
      fc.nat({ max: 40 }),
      fc.oneof(fc.constant(0), fc.nat({ max: 200 })),
      async (blocks, first, from, cut) => {
        const all: Encoded[] = [];
        for (const block of blocks) all.push(await encoded(block, all.at(-1)?.next ?? first));
        // One at most: of two that began before the fetch, kafkajs forgets the second.
        const takenBack = blocks.findIndex(({ kind }) => kind === 'taken back');
        const aborted = all
          .filter((_, index) => index === takenBack)
          .map(({ firstOffset }) => [blocks[takenBack]?.producerId ?? 0, firstOffset] as const);
        // Kafka gives the block that holds the offset and those after it, and the first one is whole.
        const given = all.filter(({ next }) => next > first + from).map((each) => each.bytes);
        const whole = Buffer.concat(given);
        const end = Math.max(given[0]?.length ?? 0, whole.length - cut);
        const payload = answer(whole.subarray(0, end), aborted);
        const expected = await readBy(decodeByKafkajs, payload, first + from);
        expect(await readBy(decodeFetch, payload, first + from)).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});
