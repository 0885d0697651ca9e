import { namedEventId } from '@millrace/events';
import type { Running } from '@millrace/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTable } from '../clickhouse/table.ts';
import { openTestDatabase, type TestDatabase, testDeployment } from '../testing/test-store.ts';
import { addDeadLetterColumns, deadLetters, deadLettersView } from './dead-letters.ts';
import { definitions, definitionsView } from './definitions.ts';

const deployment = testDeployment();
const added = [
  'type',
  'dead_letter_id',
  'stream_version',
  'replay_of',
  'cut',
  'replayed_topic',
  'replayed_partition',
  'replayed_offset',
  'resolved_by',
  'resolution_reason',
];
let running: Running<TestDatabase>;

beforeAll(async () => {
  running = await openTestDatabase();
});
afterAll(() => running.stop());

const letter = (sourceOffset: number, at: number, more: object = {}) => ({
  source_topic: 'features.v',
  source_partition: 1,
  source_offset: sourceOffset,
  service: 'online-projector',
  code: 'SCHEMA_UNKNOWN',
  event_id: namedEventId(String(sourceOffset)),
  event_time: '2001-01-01 00:00:00.000000',
  recorded_at: '2001-01-01 00:00:00.000',
  topic: 'dead-letters',
  offset: at,
  as_of_key: String(at),
  ...more,
});
const change = (sourceOffset: number, at: number, type: string, version: number, more: object) =>
  letter(sourceOffset, at, {
    type,
    dead_letter_id: namedEventId(String(sourceOffset)),
    event_id: namedEventId('change', String(at)),
    stream_version: version,
    service: '',
    code: '',
    ...more,
  });

async function insert(table: string, values: readonly object[]): Promise<void> {
  await running.value.client.insert({ table, values: [...values], format: 'JSONEachRow' });
}

async function rows(query: string): Promise<unknown[]> {
  const answer = await running.value.client.query({ query, format: 'JSONEachRow' });
  return answer.json();
}

it('shows each dead letter once, with what became of it, also those from before there were other events', async () => {
  const { client } = running.value;
  const { table } = deadLetters;
  const before = { ...table, columns: table.columns.filter(({ name }) => !added.includes(name)) };
  await client.command({ query: createTable(before, deployment) });
  // Both projectors wrote the first.
  await insert(table.name, [letter(1, 0), letter(1, 1, { service: 'offline-projector' }), letter(2, 2)]);
  for (let times = 0; times < 2; times += 1) {
    await client.command({ query: addDeadLetterColumns(deployment) });
    await client.command({ query: deadLettersView(deployment, table.name) });
  }
  const replayed = (to: number) => ({
    replayed_topic: 'features.v',
    replayed_partition: 1,
    replayed_offset: to,
    resolved_by: 'ann',
  });
  const discarded = { resolved_by: 'bob', resolution_reason: 'a test of the sender' };
  await insert(table.name, [
    change(1, 3, 'DeadLetterReplayed', 2, replayed(9)),
    // Lost the race for its version.
    change(1, 4, 'DeadLetterDiscarded', 2, discarded),
    letter(9, 5, { replay_of: namedEventId('1') }),
    letter(10, 6),
    change(10, 7, 'DeadLetterDiscarded', 2, discarded),
    letter(11, 8),
    change(11, 9, 'DeadLetterDiscarded', 2, discarded),
    change(11, 10, 'DeadLetterReplayed', 3, replayed(12)),
  ]);
  const resolution = `state, resolved_by AS by, resolution_reason AS why, replayed_offset AS to, isNull(replay_of) AS is_first`;
  const shown = await rows(
    `SELECT source_offset::UInt32 AS offset, service, ${resolution} FROM dead_letters ORDER BY source_offset`,
  );
  const online = { service: 'online-projector' };
  const open = { state: 'open', by: '', why: '', to: null };
  expect(shown).toEqual([
    { offset: 1, ...online, state: 'replayed', by: 'ann', why: '', to: '9', is_first: 1 },
    { offset: 2, ...online, ...open, is_first: 1 },
    { offset: 9, ...online, ...open, is_first: 0 },
    {
      offset: 10,
      ...online,
      state: 'discarded',
      by: 'bob',
      why: 'a test of the sender',
      to: null,
      is_first: 1,
    },
    { offset: 11, ...online, state: 'replayed', by: 'ann', why: '', to: '12', is_first: 1 },
  ]);
  expect(
    await rows(
      'SELECT source_offset::UInt32 AS offset FROM dead_letters WHERE isNull(resolved_at) ORDER BY 1',
    ),
  ).toEqual([{ offset: 2 }, { offset: 9 }]);
});

it('shows the history of definitions: of several changes with one revision the first, whole, and no copy', async () => {
  const { client } = running.value;
  const { table } = definitions;
  await client.command({ query: createTable(table, deployment) });
  await client.command({ query: definitionsView(deployment, table.name) });
  const row = (
    offset: number,
    name: string,
    revision: number | null,
    changeId: string,
    eventId = offset,
  ) => ({
    kind: 'entity',
    name,
    revision,
    change_id: changeId,
    event_id: namedEventId('definition', String(eventId)),
    offset,
    as_of_key: String(offset),
  });
  await insert(table.name, [
    row(0, 'old', null, ''),
    row(1, 'a', 1, 'first'),
    row(2, 'b', 1, 'first'),
    row(3, 'c', 1, 'late'),
    row(4, 'a', 2, 'second'),
    row(5, 'a', 2, 'second', 4),
  ]);
  expect(await rows('SELECT name, offset::UInt32 AS offset FROM definitions ORDER BY offset')).toEqual([
    { name: 'old', offset: 0 },
    { name: 'a', offset: 1 },
    { name: 'b', offset: 2 },
    { name: 'a', offset: 4 },
  ]);
});
