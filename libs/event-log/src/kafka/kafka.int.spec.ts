import { zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MillraceError, type Running } from '@millrace/kernel';
import { testStack, uniqueName } from '@millrace/testing';
import type { EventLog, LogRecord, PartitionBatch } from '../port.ts';
import { kafkaConfig } from './config.ts';
import { connectKafka } from './connect.ts';

let running: Running<EventLog>;
let log: EventLog;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const { kafka } = testStack();
  const config = kafkaConfig({ kafkaBrokers: kafka.brokers.join(',') });
  running = await connectKafka({ clientId: 'test', config });
  log = running.value;
});
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await running.stop();
});

const fail = (error: unknown) => {
  throw error;
};
const record = (topic: string, key: string, value = key) => ({
  topic,
  key: Buffer.from(key),
  value: Buffer.from(value),
});

async function newTopic(partitions = 3): Promise<string> {
  const name = uniqueName('log');
  await log.ensureTopics([{ name, partitions }]);
  return name;
}

/** Consumes until `enough` says so, remembering in a store of its own how far it came. */
async function consumeUntil(
  topic: string,
  groupId: string,
  store: Map<number, bigint>,
  enough: (batches: readonly PartitionBatch[]) => boolean,
  onBatch: (batch: PartitionBatch) => Promise<void> = async () => undefined,
): Promise<readonly PartitionBatch[]> {
  const batches: PartitionBatch[] = [];
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const consumer = await log.consume({
    groupId,
    topic,
    resumeFrom: async (partition) => store.get(partition) ?? 0n,
    async onBatch(batch) {
      await onBatch(batch);
      store.set(batch.partition, batch.nextOffset);
      batches.push(batch);
      if (enough(batches)) finish();
    },
    onFailure: fail,
  });
  await finished;
  await consumer.stop();
  return batches;
}

const recordsOf = (batches: readonly PartitionBatch[]) => batches.flatMap(({ records }) => [...records]);
const keysOf = (records: readonly LogRecord[]) => records.map(({ key }) => String(key)).sort();

it('answers in order where each record stands, also for calls at the same time', async () => {
  const topic = await newTopic();
  const calls = Array.from({ length: 20 }, (_, call) =>
    Array.from({ length: 30 }, (_, i) => record(topic, `${call}-${i}`)),
  );
  const answers = await Promise.all(calls.map((records) => log.append(records)));
  const read = await consumeUntil(
    topic,
    uniqueName('g'),
    new Map(),
    (batches) => recordsOf(batches).length === 600,
  );
  const byPlace = new Map(
    recordsOf(read).map((found) => [`${found.partition}@${found.offset}`, String(found.key)]),
  );
  answers.forEach((positions, call) =>
    positions.forEach(({ partition, offset }, i) =>
      expect(byPlace.get(`${partition}@${offset}`)).toBe(`${call}-${i}`),
    ),
  );
});

it('takes more in one call than one request may hold', async () => {
  const topic = await newTopic(1);
  const value = 'x'.repeat(200_000);
  const positions = await log.append(Array.from({ length: 30 }, (_, i) => record(topic, `${i}`, value)));
  expect(positions.map(({ offset }) => offset)).toEqual(Array.from({ length: 30 }, (_, i) => BigInt(i)));
});

it('says that there is no such topic', async () => {
  await expect(log.append([record(uniqueName('missing'), 'a')])).rejects.toMatchObject({
    code: 'LOG_UNAVAILABLE',
  });
});

it('records when the broker took a record, whatever the producer says', async () => {
  const topic = await newTopic(1);
  const before = BigInt(Date.now() - 1) * 1000n;
  await log.append([record(topic, 'a')]);
  const found = await log.read({ topic, partition: 0, offset: 0n });
  expect(found?.recordedAt).toBeGreaterThan(before);
  expect(await log.read({ topic, partition: 0, offset: 1n })).toBeUndefined();
});

it('goes on from where the store is, though the group committed further: a store that lost its data is refilled', async () => {
  const topic = await newTopic(1);
  const group = uniqueName('g');
  await log.append(Array.from({ length: 10 }, (_, i) => record(topic, `${i}`)));
  const store = new Map<number, bigint>();
  await consumeUntil(topic, group, store, () => store.get(0) === 10n);
  store.set(0, 4n);
  const again = await consumeUntil(topic, group, store, () => store.get(0) === 10n);
  expect(keysOf(recordsOf(again))).toEqual(['4', '5', '6', '7', '8', '9']);
});

it('goes on from where the store is, though the group committed less', async () => {
  const topic = await newTopic(1);
  await log.append(Array.from({ length: 10 }, (_, i) => record(topic, `${i}`)));
  const batches = await consumeUntil(
    topic,
    uniqueName('g'),
    new Map([[0, 7n]]),
    (seen) => seen.at(-1)?.nextOffset === 10n,
  );
  expect(keysOf(recordsOf(batches))).toEqual(['7', '8', '9']);
});

it('tries a batch again after an error that may pass, and skips nothing', async () => {
  const topic = await newTopic(1);
  await log.append([record(topic, 'a'), record(topic, 'b')]);
  let failures = 2;
  const batches = await consumeUntil(
    topic,
    uniqueName('g'),
    new Map(),
    (seen) => seen.at(-1)?.nextOffset === 2n,
    async () => {
      if (failures-- > 0) throw new MillraceError('STORE_UNAVAILABLE', 'not now');
    },
  );
  expect(keysOf(recordsOf(batches))).toEqual(['a', 'b']);
});

it('reports an error that cannot pass, and leaves the batch for the next run', async () => {
  const topic = await newTopic(1);
  const group = uniqueName('g');
  await log.append([record(topic, 'a')]);
  let report: (error: unknown) => void = () => undefined;
  const reported = new Promise((resolve) => {
    report = resolve;
  });
  const consumer = await log.consume({
    groupId: group,
    topic,
    resumeFrom: async () => 0n,
    onBatch: async () => {
      throw new TypeError('a fault');
    },
    onFailure: report,
  });
  const failure = await reported;
  await consumer.stop();
  expect(failure).toBeInstanceOf(TypeError);
  const batches = await consumeUntil(topic, group, new Map(), (seen) => seen.length > 0);
  expect(keysOf(recordsOf(batches))).toEqual(['a']);
});

it('shares partitions between members, and a batch of a partition that was lost is not current', async () => {
  const topic = await newTopic(2);
  const group = uniqueName('g');
  await log.append(Array.from({ length: 20 }, (_, i) => record(topic, `${i}`)));
  const held: PartitionBatch[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let bothHeld: () => void = () => undefined;
  const holding = new Promise<void>((resolve) => {
    bothHeld = resolve;
  });
  const first = await log.consume({
    groupId: group,
    topic,
    resumeFrom: async () => 0n,
    async onBatch(batch) {
      held.push(batch);
      if (held.length === 2) bothHeld();
      await released;
    },
    onFailure: fail,
  });
  await holding;
  expect(held.every((batch) => batch.isCurrent())).toBe(true);
  const stopping = (async () => {
    release();
    await first.stop();
  })();
  const second = await consumeUntil(topic, group, new Map(), (batches) => recordsOf(batches).length >= 20);
  await stopping;
  expect(keysOf(recordsOf(second))).toHaveLength(20);
  expect(held.some((batch) => batch.isCurrent())).toBe(false);
});

it('follows a topic from its beginning, and says when it has caught up', async () => {
  const topic = await newTopic();
  await log.append(Array.from({ length: 50 }, (_, i) => record(topic, `${i}`)));
  const seen: LogRecord[] = [];
  const { value: follower, stop } = await log.follow({
    topic,
    onRecord: (found) => void seen.push(found),
    onFailure: fail,
  });
  await follower.caughtUp();
  expect(seen).toHaveLength(50);
  const [own] = await log.append([record(topic, 'own')]);
  await follower.caughtUp(own);
  expect(seen.some(({ key }) => String(key) === 'own')).toBe(true);
  await stop();
});

it('catches up at once with a topic that is empty', async () => {
  const topic = await newTopic();
  const { value: follower, stop } = await log.follow({ topic, onRecord: () => undefined, onFailure: fail });
  await follower.caughtUp();
  await stop();
});

it('resolves a time to the offsets known by then', async () => {
  const topic = await newTopic(1);
  await log.append([record(topic, 'a'), record(topic, 'b')]);
  const found = await log.read({ topic, partition: 0, offset: 1n });
  const at = found?.recordedAt ?? 0n;
  expect(await log.vectorAt([topic], at)).toEqual({ [topic]: { 0: 1n } });
  expect(await log.vectorAt([topic], at - 1_000_000n)).toEqual({ [topic]: {} });
});

it('makes a topic once, though several ask at the same time', async () => {
  const name = uniqueName('log');
  const ask = () => log.ensureTopics([{ name, partitions: 3 }]);
  await Promise.all([ask(), ask(), ask()]);
  expect(await log.spans(name)).toHaveLength(3);
});

it('says so when a store is ahead of the log, rather than skip what is missing', async () => {
  const topic = await newTopic(1);
  await log.append([record(topic, 'a')]);
  const failure = await new Promise((resolve, reject) => {
    log
      .consume({
        groupId: uniqueName('g'),
        topic,
        resumeFrom: async () => 5n,
        onBatch: async () => undefined,
        onFailure: resolve,
      })
      .then((consumer) => cleanUps.push(() => consumer.stop()), reject);
  });
  expect(failure).toMatchObject({ code: 'LOG_TRUNCATED' });
});

it('reads past the markers of transactions', async () => {
  const topic = await newTopic(1);
  const producer = new kafkajs.Kafka({
    brokers: [...testStack().kafka.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({
    transactionalId: uniqueName('transaction'),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  for (const key of ['a', 'b']) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key, value: key }] });
    await transaction.commit();
  }
  await producer.disconnect();
  // The coordinator writes markers after it has answered.
  await expect.poll(async () => (await log.spans(topic))[0]?.next).toBe(4n);
  const seen: string[] = [];
  const onRecord = ({ key }: LogRecord) => void seen.push(String(key));
  const { value: follower, stop } = await log.follow({ topic, onRecord, onFailure: fail });
  await follower.caughtUp();
  await stop();
  expect(seen).toEqual(['a', 'b']);
  const batches = await consumeUntil(topic, uniqueName('g'), new Map(), (all) => recordsOf(all).length === 2);
  expect(keysOf(recordsOf(batches))).toEqual(['a', 'b']);
  // The last offset is that of a marker: a batch without records says so, or no store would ever have all of the log.
  const rest = await consumeUntil(topic, uniqueName('g'), new Map([[0, 3n]]), (all) => all.length > 0);
  expect(rest.map(({ records, nextOffset }) => [records.length, nextOffset])).toEqual([[0, 4n]]);
});

it('reads what producers compress in a way that kafkajs does not know, and refuses what is too large in memory', async () => {
  const topic = await newTopic(1);
  // Writing only: nothing here could read it.
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
    decompress: () => Promise.reject(new Error('nobody can read this')),
  });
  const producer = new kafkajs.Kafka({
    brokers: [...testStack().kafka.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer();
  await producer.connect();
  const compression = kafkajs.CompressionTypes.ZSTD;
  await producer.send({ topic, compression, messages: [{ key: 'a', value: 'a'.repeat(100_000) }] });
  const bomb = { key: 'b', value: Buffer.alloc(50_000_000) };
  await expect(producer.send({ topic, compression, messages: [bomb] })).rejects.toMatchObject({
    type: 'MESSAGE_TOO_LARGE',
  });
  await producer.disconnect();
  const batches = await consumeUntil(topic, uniqueName('g'), new Map(), (all) => recordsOf(all).length === 1);
  expect(keysOf(recordsOf(batches))).toEqual(['a']);
});

it('hands a record to a follower again after an error that may pass', async () => {
  const topic = await newTopic(1);
  await log.append([record(topic, 'a'), record(topic, 'b')]);
  const seen: string[] = [];
  let failures = 1;
  const { value: follower, stop } = await log.follow({
    topic,
    onRecord({ key }) {
      if (failures-- > 0) throw new MillraceError('REGISTRY_UNAVAILABLE', 'not now');
      seen.push(String(key));
    },
    onFailure: fail,
  });
  await follower.caughtUp();
  await stop();
  expect(seen).toEqual(['a', 'b']);
});

it('lets nobody wait for a follower that was stopped', async () => {
  const topic = await newTopic(1);
  await log.append([record(topic, 'a')]);
  const held: { release: () => void } = { release: () => undefined };
  const holding = new Promise<void>((resolve) => {
    held.release = resolve;
  });
  const { value: follower, stop } = await log.follow({ topic, onRecord: () => holding, onFailure: fail });
  const waiting = follower.caughtUp({ topic, partition: 0, offset: 9n }).catch((error: unknown) => error);
  const stopped = stop();
  held.release();
  expect(await waiting).toMatchObject({ code: 'LOG_UNAVAILABLE' });
  await stopped;
});
