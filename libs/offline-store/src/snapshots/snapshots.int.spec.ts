import type { ResolvedService } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { physicalTable } from '../generations/physical-table.ts';
import {
  applied,
  type GivenService,
  givenService,
  openSnapshotWorld,
  rowsOf,
  type SnapshotWorld,
  spineOf,
} from '../testing/snapshot-world.ts';
import type { Snapshots } from './snapshots.ts';

let running: Running<SnapshotWorld>;
let world: SnapshotWorld;
let snapshots: Snapshots;
let given: GivenService;
let service: ResolvedService;

beforeAll(async () => {
  running = await openSnapshotWorld();
  world = running.value;
  ({ snapshots } = world);
});
afterAll(() => running.stop());
beforeEach(async () => {
  given = await givenService(world.store);
  ({ service } = given);
});

const csv = [
  'label,airport,gate,at,note',
  'true,SFO,7,2001-01-20T14:13:20Z,first',
  'false,JFK,7,2001-01-20T15:13:20.000000+01:00,"two, words"',
  'true,nowhere,7,2001-01-20T14:13:20Z,',
  "false,O'Hare,7,2001-01-20T14:13:20Z,last",
].join('\n');

test('a CSV spine keeps its rows, order and columns, and gets its features', async () => {
  const manifest = await snapshots.create({ service, spine: spineOf('csv', csv) });
  expect(await rowsOf(snapshots, manifest)).toEqual([
    {
      label: true,
      airport: 'SFO',
      gate: 7,
      at: '2001-01-20T14:13:20.000000Z',
      note: 'first',
      origin__delay: 1.5,
      origin__count: '1152921504606846977',
      origin__words: ['a', 'SFO'],
      origin__words__present: true,
    },
    {
      label: false,
      airport: 'JFK',
      gate: 7,
      at: '2001-01-20T14:13:20.000000Z',
      note: 'two, words',
      origin__delay: 'nan',
      origin__count: '1152921504606846977',
      origin__words: ['a', 'JFK'],
      origin__words__present: true,
    },
    {
      label: true,
      airport: 'nowhere',
      gate: 7,
      at: '2001-01-20T14:13:20.000000Z',
      note: null,
      origin__delay: null,
      origin__count: null,
      origin__words: [],
      origin__words__present: false,
    },
    {
      label: false,
      airport: "O'Hare",
      gate: 7,
      at: '2001-01-20T14:13:20.000000Z',
      note: 'last',
      origin__delay: -0,
      origin__count: '1152921504606846977',
      origin__words: ['a', "O'Hare"],
      origin__words__present: true,
    },
  ]);
  expect(manifest).toMatchObject({
    rowCount: 4,
    vector: { [given.topic]: { 0: '2' } },
    timeBounds: { from: '2001-01-20T14:13:20.000000Z', until: '2001-01-20T14:13:20.000000Z' },
    spine: { source: { format: 'csv' }, timeColumn: 'at' },
  });
  expect(await snapshots.manifest(manifest.id)).toEqual(manifest);
});

test('a long spine keeps its order', async () => {
  const lines = Array.from({ length: 30_000 }, (_, index) => `${index},SFO,7,2001-01-20T14:13:20Z`);
  const manifest = await snapshots.create({
    service,
    spine: spineOf('csv', ['n,airport,gate,at', ...lines].join('\n')),
  });
  const rows = await rowsOf(snapshots, manifest);
  expect(rows.map(({ n }) => Number(n))).toEqual(lines.map((_, index) => index));
  expect(rows.every(({ origin__delay: delay }) => delay === 1.5)).toBe(true);
});

test('the same rows have the same hashes, whatever their format', async () => {
  const first = await snapshots.create({ service, spine: spineOf('csv', csv) });
  const lines = [
    { label: true, airport: 'SFO', gate: 7, at: '2001-01-20T14:13:20Z', note: 'first' },
    { label: false, airport: 'JFK', gate: 7, at: '2001-01-20T14:13:20Z', note: 'two, words' },
    { label: true, airport: 'nowhere', gate: 7, at: '2001-01-20T14:13:20Z', note: null },
    { label: false, airport: "O'Hare", gate: 7, at: '2001-01-20T14:13:20Z', note: 'last' },
  ].map((line) => JSON.stringify(line));
  const second = await snapshots.create({ service, spine: spineOf('ndjson', lines.join('\n')) });
  expect(second.contentHash).toBe(first.contentHash);
  expect(second.spine.hash).toBe(first.spine.hash);
  const [one = '', two = '', ...others] = lines;
  const swapped = await snapshots.create({
    service,
    spine: spineOf('ndjson', [two, one, ...others].join('\n')),
  });
  expect(swapped.contentHash).not.toBe(first.contentHash);
});

test('a snapshot stays what it was when late rows land, and an unpinned one does not', async () => {
  const before = await snapshots.create({ service, spine: spineOf('csv', csv) });
  const rows = await rowsOf(snapshots, before);
  await given.write([-1n, 'SFO', 99]);
  expect(await rowsOf(snapshots, before)).toEqual(rows);
  expect(await snapshots.verify(before)).toEqual({ ok: true, differences: [] });
  const after = await snapshots.create({ service, spine: spineOf('csv', csv) });
  expect(after.contentHash).not.toBe(before.contentHash);
  const vector = { [given.topic]: { 0: 2n } };
  expect(
    (await snapshots.create({ service, spine: spineOf('csv', csv), known: { vector } })).contentHash,
  ).toBe(before.contentHash);
  world.knownAt.set(77n, vector);
  expect(
    (await snapshots.create({ service, spine: spineOf('csv', csv), known: { at: 77n } })).contentHash,
  ).toBe(before.contentHash);
});

test('a copy of an event is left out, and only what may have copies is looked through for them', async () => {
  const before = await snapshots.create({ service, spine: spineOf('csv', csv) });
  expect(before.copies).toEqual([]);
  const rows = await rowsOf(snapshots, before);
  const table = physicalTable(before.views[0]?.table ?? '', 1);
  // The event of the first record again, three records later and with another value.
  await world.client.command({
    query: `INSERT INTO ${table} SELECT * REPLACE (toUInt128(as_of_key + 3) AS as_of_key, 3 AS offset, 99 AS delay)
            FROM (SELECT * FROM ${table} WHERE offset = 0)`,
  });
  await applied(world.store, given.topic, 3n, 3n);
  const after = await snapshots.create({ service, spine: spineOf('csv', csv) });
  expect(after.copies).toEqual(['origin']);
  for (const manifest of [before, after]) {
    expect(await rowsOf(snapshots, manifest)).toEqual(rows);
    expect(await snapshots.verify(manifest)).toEqual({ ok: true, differences: [] });
  }
  const { copies: _copies, ...unsaid } = after;
  expect(await rowsOf(snapshots, unsaid)).toEqual(rows);
  const unheeded = await rowsOf(snapshots, { ...after, copies: [] });
  expect(unheeded[0]?.['origin__delay']).toBe(99);
});

test('verify notices a value that is not what it was', async () => {
  const manifest = await snapshots.create({ service, spine: spineOf('csv', csv) });
  const { client } = world;
  const table = physicalTable(manifest.views[0]?.table ?? '', 1);
  await client.command({
    query: `ALTER TABLE ${table} UPDATE delay = 1.25 WHERE airport = 'SFO'`,
    clickhouse_settings: { mutations_sync: '2' },
  });
  const { ok, differences } = await snapshots.verify(manifest);
  expect(ok).toBe(false);
  expect(differences).toEqual([expect.stringContaining('content hash')]);
});

test('a vector that the store does not hold is waited for, then refused', async () => {
  const create = snapshots.create({
    service,
    spine: spineOf('csv', csv),
    known: { vector: { [given.topic]: { 0: 3n } } },
  });
  await expect(create).rejects.toMatchObject({ code: 'POSITIONS_NOT_REACHED' });
});
