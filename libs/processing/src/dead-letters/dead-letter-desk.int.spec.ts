import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  kafkaConfig,
  type LogRecord,
} from '@millrace/event-log';
import { newEventId, topics } from '@millrace/events';
import { MillraceError, type Running, systemClock } from '@millrace/kernel';
import { testStack, uniqueName } from '@millrace/testing';
import { deadLetterId, deadLettersTo } from '../dead-letters.ts';
import { appendReplays } from './append-replays.ts';
import { type DeadLetterDesk, openDeadLetterDesk } from './dead-letter-desk.ts';
import type { DeadLetterPlace } from './outcome.ts';

type Log = Awaited<ReturnType<typeof connectKafka>>['value'];

const topic = uniqueName('died');
const PARTITION = 2;
const codec = new EventCodec(connectSchemaRegistry({ schemaRegistryUrl: testStack().schemaRegistry.url }));
let running: Running<Log>;

beforeAll(async () => {
  const config = kafkaConfig({ kafkaBrokers: testStack().kafka.brokers.join(','), kafkaPartitions: 3 });
  running = await connectKafka({ clientId: 'test', config });
  await running.value.ensureTopics([{ name: topic, partitions: 3 }, topics.deadLetters]);
});
afterAll(() => running.stop());

const failed = new MillraceError('EVENT_MALFORMED', 'nobody can read it');

/** Records in one partition, dead, as both projectors find them. */
async function dead(keys: readonly (string | null)[]) {
  const log = running.value;
  const places = await log.append(
    keys.map((key, index) => ({
      topic,
      partition: PARTITION,
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(`value ${index}`),
      replayOf: newEventId(),
    })),
  );
  const records: LogRecord[] = [];
  for (const place of places) {
    const record = await log.read(place);
    if (record !== undefined) records.push(record);
  }
  const [span] = await log.spans(topics.deadLetters.name);
  const from = span?.next ?? 0n;
  for (const service of ['online-projector', 'offline-projector']) {
    await deadLettersTo(log, codec, service, systemClock).write(
      records.map((record) => ({ record, error: failed })),
    );
  }
  const wanted = new Set<string>(records.map(deadLetterId));
  const letters: DeadLetterPlace[] = [];
  const [until] = await log.spans(topics.deadLetters.name);
  await log.scan(
    topics.deadLetters.name,
    [{ partition: 0, first: from, next: until?.next ?? from }],
    async (found) => {
      for (const { value, offset } of found) {
        const decoded = await codec.decodeIfEvent(value);
        if (decoded?.name === 'DeadLettered' && wanted.delete(decoded.event.envelope.eventId))
          letters.push({ id: deadLetterId(decoded.event), offset });
      }
    },
  );
  return { records, letters };
}

async function withDesk<T>(
  letters: readonly DeadLetterPlace[],
  use: (desk: DeadLetterDesk) => Promise<T>,
): Promise<T> {
  const desk = await openDeadLetterDesk({
    log: running.value,
    codec,
    clock: systemClock,
    letters,
    service: 'test',
  });
  try {
    return await use(desk.value);
  } finally {
    await desk.stop();
  }
}

/** The records of the topic from an offset on. */
async function recordsFrom(first: bigint): Promise<readonly LogRecord[]> {
  const span = (await running.value.spans(topic)).find(({ partition }) => partition === PARTITION);
  const found: LogRecord[] = [];
  await running.value.scan(topic, [{ partition: PARTITION, first, next: span?.next ?? first }], (some) => {
    found.push(...some);
  });
  return found;
}

const ann = { by: 'ann', reason: 'mended' };
const bob = { by: 'bob', reason: 'not needed' };

it('appends records as they were, in their order, to their partition, whatever their key', async () => {
  const { records, letters } = await dead(['b', null, 'a']);
  const outcomes = await withDesk(letters, (desk) => desk.replay(letters, ann));
  expect(outcomes).toMatchObject(
    letters.map(({ id }) => ({ id, ok: true, changed: true, state: { status: 'replayed' } })),
  );
  const last = records.at(-1)?.offset ?? 0n;
  const again = await recordsFrom(last + 1n);
  expect(again.map(({ key, value, replayOf }) => ({ key, value, replayOf }))).toEqual(
    records.map((record) => ({ key: record.key, value: record.value, replayOf: deadLetterId(record) })),
  );
  expect(outcomes.map((outcome) => (outcome.ok ? outcome.replayedTo?.offset : undefined))).toEqual(
    again.map(({ offset }) => offset),
  );
  const repeated = await withDesk(letters, (desk) => desk.replay(letters, bob));
  expect(repeated).toMatchObject(letters.map(() => ({ ok: true, changed: false })));
  expect(await recordsFrom(last + 1n)).toHaveLength(3);
});

it('links a replay that dies again to the dead letter that was replayed', async () => {
  const { records, letters } = await dead(['x']);
  await withDesk(letters, (desk) => desk.replay(letters, ann));
  const [replay] = await recordsFrom((records[0]?.offset ?? 0n) + 1n);
  if (replay === undefined) throw new Error('nothing was replayed');
  const [span] = await running.value.spans(topics.deadLetters.name);
  await deadLettersTo(running.value, codec, 'online-projector', systemClock).write([
    { record: replay, error: failed },
  ]);
  const written = await running.value.read({
    topic: topics.deadLetters.name,
    partition: 0,
    offset: span?.next ?? 0n,
  });
  const decoded = await codec.decodeIfEvent(written?.value ?? null);
  expect(decoded).toMatchObject({
    name: 'DeadLettered',
    event: { replayOf: letters[0]?.id, offset: replay.offset, envelope: { eventId: deadLetterId(replay) } },
  });
});

it('goes on with a replay that broke off between the record and its event', async () => {
  const { records, letters } = await dead(['x']);
  await appendReplays(letters, { log: running.value, codec });
  const [outcome] = await withDesk(letters, (desk) => desk.replay(letters, ann));
  expect(outcome).toMatchObject({
    ok: true,
    changed: true,
    state: { status: 'replayed', streamVersion: 2n },
  });
  const copies = await recordsFrom((records[0]?.offset ?? 0n) + 1n);
  expect(copies.map(({ value, replayOf }) => ({ value, replayOf }))).toEqual(
    Array.from({ length: 2 }, () => ({ value: records[0]?.value, replayOf: letters[0]?.id })),
  );
});

it('of two operators at once one is first, and both end with what is so', async () => {
  const { letters } = await dead(Array.from({ length: 20 }, (_, index) => `k${index}`));
  const [replays, discards] = await Promise.all([
    withDesk(letters, (desk) => desk.replay(letters, ann)),
    withDesk(letters, (desk) => desk.discard(letters, bob)),
  ]);
  // A discard that was first is taken back by the replay, which has appended its record by then.
  expect(replays.every((outcome) => outcome.ok && outcome.state.status === 'replayed')).toBe(true);
  for (const outcome of discards) {
    const refused = !outcome.ok && outcome.error.code === 'DEAD_LETTER_REPLAYED';
    expect(refused || (outcome.ok && outcome.changed)).toBe(true);
  }
  const after = await withDesk(letters, (desk) => desk.discard(letters, bob));
  expect(after.every((outcome) => !outcome.ok && outcome.error.code === 'DEAD_LETTER_REPLAYED')).toBe(true);
});

it('takes a record that was too large to be kept whole from the log', async () => {
  const { records, letters } = await dead(['large']);
  const [record] = records;
  const [letter] = letters;
  if (record === undefined || letter === undefined) throw new Error('nothing died');
  const written = await running.value.read({
    topic: topics.deadLetters.name,
    partition: 0,
    offset: letter.offset,
  });
  const decoded = await codec.decodeIfEvent(written?.value ?? null);
  if (decoded?.name !== 'DeadLettered') throw new Error('not a dead letter');
  const cut = { ...decoded.event, cut: true, value: decoded.event.value?.subarray(0, 2) ?? null };
  const value = await codec.encode(topics.deadLetters.name, 'DeadLettered', cut);
  const [place] = await running.value.append([
    { topic: topics.deadLetters.name, key: Buffer.from(letter.id), value },
  ]);
  const cutLetters = [{ id: letter.id, offset: place?.offset ?? 0n }];
  await withDesk(cutLetters, (desk) => desk.replay(cutLetters, ann));
  const [replay] = await recordsFrom(record.offset + 1n);
  expect(replay?.value).toEqual(record.value);
});

it('refuses what is unknown, one by one', async () => {
  const { letters } = await dead(['known']);
  const stranger = { id: newEventId(), offset: letters[0]?.offset ?? 0n };
  const both = [stranger, ...letters];
  const outcomes = await withDesk(both, (desk) => desk.discard(both, bob));
  expect(outcomes).toMatchObject([
    { ok: false, error: { code: 'DEAD_LETTER_UNKNOWN' } },
    { ok: true, changed: true },
  ]);
});
