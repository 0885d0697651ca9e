import { describe, expect, it } from 'vitest';
import { EventCodec, type LogRecord, type RecordToAppend, type RecordToReplay } from '@millrace/event-log';
import { eventSchemas, newEventId } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import { deadLetterId, deadLettersTo } from './dead-letters.ts';

const codec = new EventCodec({
  register: () => Promise.resolve(1),
  schemaById: () => Promise.resolve(JSON.stringify(eventSchemas.DeadLettered)),
});
const record: LogRecord = {
  topic: 'labels',
  partition: 3,
  offset: 17n,
  recordedAt: 1n,
  key: null,
  value: Buffer.from('not avro'),
};

async function written(died: LogRecord, message = 'nobody can read it') {
  const appended: (RecordToAppend | RecordToReplay)[] = [];
  const log = {
    append(records: readonly (RecordToAppend | RecordToReplay)[]) {
      appended.push(...records);
      return Promise.resolve([]);
    },
  };
  const letters = deadLettersTo(log, codec, 'test', { now: () => 5n });
  await letters.write([{ record: died, error: new MillraceError('EVENT_MALFORMED', message) }]);
  const decoded = await codec.decode(appended[0]?.value ?? Buffer.alloc(0));
  if (decoded.name !== 'DeadLettered') throw new Error('not a dead letter');
  return { event: decoded.event, bytes: appended[0]?.value?.length ?? 0 };
}

describe('a dead letter', () => {
  it('has the id of its place, and the record as it was', async () => {
    const { event } = await written(record);
    const { topic, partition, offset, key, value } = record;
    expect(event).toMatchObject({ topic, partition, offset, key, value, cut: false, replayOf: null });
    expect(event.envelope.eventId).toBe(deadLetterId(record));
    expect(deadLetterId({ ...record, offset: 18n })).not.toBe(deadLetterId(record));
  });

  it('names the dead letter that its record replays', async () => {
    const replayOf = newEventId();
    expect((await written({ ...record, replayOf })).event.replayOf).toBe(replayOf);
  });

  it('fits its topic, however large the record and the reason are', async () => {
    const large = { ...record, key: Buffer.alloc(100_000), value: Buffer.alloc(5_000_000, 1) };
    const { event, bytes } = await written(large, 'x'.repeat(3_000_000));
    expect(event).toMatchObject({
      cut: true,
      reason: expect.stringMatching(/first 1048576 of 5000000 bytes/),
    });
    expect(event.value?.equals(large.value.subarray(0, 1_048_576))).toBe(true);
    expect(bytes).toBeLessThan(1_500_000);
  });
});
