import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DefinitionRegistered, OffsetVector } from '@millrace/events';
import {
  Catalog,
  definitionHash,
  definitionText,
  featureRowSchema,
  type RegisteredView,
} from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';
import { physicalTable, rawTableName } from '@millrace/offline-store';
import type { Window } from '@millrace/statistics';
import { uniqueName } from '@millrace/testing';
import { computeWindow } from './compute-window.ts';
import { monitorsOf } from './monitors-of.ts';
import { windowsWithRows } from './period.ts';
import type { Queries } from './queries.ts';
import { profileReference } from './reference.ts';
import { entity, place, type PlacedRow, storedRow, type TestRow, viewNamed } from './testing/flights-view.ts';
import { openTestStore, type TestStore } from './testing/open-store.ts';
import { viewColumns, viewRows } from './view-rows.ts';
import type { WindowResult } from './window-result.ts';

const SIZE = 1_000_000n;
const reference: Window = { start: 0n, end: 2n * SIZE };
const window: Window = { start: 2n * SIZE, end: 3n * SIZE };

const rowArbitrary: fc.Arbitrary<Omit<TestRow, 'id'>> = fc.record({
  airport: fc.constantFrom('SFO', 'JFK', 'ORD', 'LAX', 'ATL', 'DEN'),
  eventTime: fc.bigInt({ min: -10n, max: 3n * SIZE + 10n }),
  deleted: fc.constant(false),
  delay: fc.option(fc.oneof(fc.double({ noDefaultInfinity: false }), fc.constantFrom(0, 1, -0, 2.5)), {
    freq: 8,
  }),
  departures: fc.option(
    fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 3n })),
  ),
  carrier: fc.option(fc.constantFrom('AA', "O'Hare\\", 'ünï', '', 'UA')),
  isHub: fc.option(fc.boolean()),
  gates: fc.option(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 2 })),
});

let running: Running<TestStore>;
let queries: Queries;
let store: TestStore['store'];

beforeAll(async () => {
  running = await openTestStore('windows');
  ({ queries, store } = running.value);
});
afterAll(() => running.stop());

function registered(): RegisteredView {
  const catalog = new Catalog();
  const view = viewNamed(uniqueName('view'));
  for (const definition of [entity, view]) {
    const isView = definition.kind === 'feature-view';
    const event: DefinitionRegistered = {
      envelope: {
        eventId: '',
        eventTime: 0n,
        producer: { service: 'test', version: null, commit: null },
        traceparent: null,
      },
      kind: definition.kind,
      name: definition.name,
      hash: definitionHash(definition),
      definition: definitionText(definition),
      topic: isView ? `features.${definition.name}` : null,
      epoch: 0,
      subject: null,
      schemaId: isView ? 1 : null,
      schema: isView ? JSON.stringify(featureRowSchema(view, entity)) : null,
      revision: null,
      changeId: null,
    };
    catalog.apply(event);
  }
  return catalog.view(view.name);
}

/** Stores placed rows in batches of any size and order, some of them twice. */
async function stored(batches: readonly (readonly PlacedRow[])[]): Promise<RegisteredView> {
  const view = registered();
  await store.ensureView(view, 1);
  for (const batch of batches) {
    await running.value.clickhouse.insert({
      table: physicalTable(rawTableName(view.definition.name), 1),
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
      values: batch.map(storedRow),
    });
  }
  return view;
}

function vectorOf(topic: string, rows: readonly PlacedRow[]): OffsetVector {
  const offsets: Record<string, bigint> = {};
  for (const { partition, offset } of rows) {
    const known = offsets[partition];
    if (known === undefined || offset > known) offsets[partition] = offset;
  }
  return { [topic]: offsets };
}

const [monitor] = monitorsOf({ views: ['any'], models: [] }, []);

async function resultAt(view: RegisteredView, vector: OffsetVector): Promise<WindowResult> {
  if (monitor === undefined) throw new Error('no monitor');
  const source = viewRows(view, 1);
  const profile = await profileReference(queries, source, reference, vector, viewColumns(view), 4);
  return computeWindow(queries, source, monitor, window, vector, profile);
}

/** The events of a window: the first record of each id, without deletions. */
function eventsOf(rows: readonly TestRow[], { start, end }: Window): readonly TestRow[] {
  const inside = rows.filter(({ eventTime }) => eventTime >= start && eventTime < end);
  return inside
    .filter((row, index) => inside.findIndex(({ id }) => id === row.id) === index)
    .filter(({ deleted }) => !deleted);
}

/** Counts by going through the values one by one, on the edges that the result names. */
function bruteForce(
  values: readonly (string | number | bigint | null)[],
  type: string,
  bins: readonly string[],
): readonly bigint[] {
  const counts = new Array<bigint>(bins.length + (type === 'categorical' ? 2 : 1)).fill(0n);
  for (const value of values) {
    const bin = value === null ? bins.length : binOf(value, type, bins);
    counts[bin] = (counts[bin] ?? 0n) + 1n;
  }
  return counts;
}

function binOf(value: string | number | bigint, type: string, bins: readonly string[]): number {
  if (type === 'presence') return 0;
  if (type === 'categorical')
    return bins.includes(String(value)) ? bins.indexOf(String(value)) : bins.length + 1;
  if (Number.isNaN(value)) return bins.indexOf('NaN');
  const isAtMost = (edge: string) =>
    typeof value === 'bigint' ? value <= BigInt(edge) : Number(value) <= Number(edge);
  return bins.findIndex((edge) => edge === 'Infinity' || isAtMost(edge));
}

const valuesOf: Record<string, (row: TestRow) => string | number | bigint | null> = {
  delay: (row) => row.delay,
  departures: (row) => row.departures,
  carrier: (row) => row.carrier,
  is_hub: (row) => (row.isHub === null ? null : String(row.isHub)),
  gates: (row) => (row.gates === null ? null : 1),
};

const log = fc
  .array(fc.tuple(rowArbitrary, fc.integer({ min: 0, max: 9 })), { minLength: 30, maxLength: 120 })
  .map((drawn) => {
    const rows: TestRow[] = [];
    for (const [index, [row, dice]] of drawn.entries()) {
      rows.push({ ...row, id: String(index), deleted: dice === 0 });
      // A copy that says something else: it comes later, so it must not count.
      if (dice === 1) rows.push({ ...row, id: String(index), deleted: false, carrier: 'XX', delay: 1e9 });
    }
    return rows;
  });

const storage = fc.record({
  partitions: fc.integer({ min: 1, max: 5 }),
  batches: fc.integer({ min: 1, max: 4 }),
  repeatFirst: fc.boolean(),
  seed: fc.integer(),
});

function batchesOf(
  rows: readonly PlacedRow[],
  { batches, repeatFirst, seed }: { batches: number; repeatFirst: boolean; seed: number },
) {
  const [shuffled = []] = fc.sample(fc.shuffledSubarray([...rows], { minLength: rows.length }), {
    numRuns: 1,
    seed,
  });
  const size = Math.ceil(shuffled.length / batches);
  const cut = Array.from({ length: batches }, (_, index) =>
    shuffled.slice(index * size, (index + 1) * size),
  ).filter((batch) => batch.length > 0);
  return repeatFirst ? [...cut, ...cut.slice(0, 1)] : cut;
}

describe('a window on the real engine', () => {
  it('has the same result for any partitioning, order, batch size and repetition, and is what brute force counts', async () => {
    await fc.assert(
      fc.asyncProperty(log, storage, storage, async (rows, one, other) => {
        const results: WindowResult[] = [];
        for (const chosen of [one, other]) {
          const placed = place(rows, chosen.partitions);
          const view = await stored(batchesOf(placed, chosen));
          results.push(await resultAt(view, vectorOf(view.topic, placed)));
        }
        const [result, again] = results;
        expect(again).toEqual(result);
        expect(result?.rows).toBe(BigInt(eventsOf(rows, window).length));
        for (const feature of result?.features ?? []) {
          const values = (period: Window) =>
            eventsOf(rows, period).map((row) => valuesOf[feature.name]?.(row) ?? null);
          expect(feature.counts).toEqual(bruteForce(values(window), feature.type, feature.bins));
          expect(feature.referenceCounts).toEqual(bruteForce(values(reference), feature.type, feature.bins));
        }
      }),
      { numRuns: 5, seed: 7, endOnFailure: true },
    );
  });

  it('is the same again at an old vector, whatever came after it', async () => {
    const [early = [], late = []] = fc.sample(log, { numRuns: 2, seed: 3 });
    const renamed = late.map((row) => ({ ...row, id: `late ${row.id}` }));
    const placed = place([...early, ...renamed], 3);
    const before = placed.slice(0, early.length);
    const alone = await stored([before]);
    const expected = await resultAt(alone, vectorOf(alone.topic, before));
    const both = await stored([placed]);
    expect(await resultAt(both, vectorOf(both.topic, before))).toEqual(expected);
    expect((await resultAt(both, vectorOf(both.topic, placed))).rows).toBeGreaterThan(expected.rows);
  });

  it('is counted in the window that holds its event time, to the microsecond', async () => {
    const [sample] = fc.sample(rowArbitrary, { numRuns: 1, seed: 1 });
    if (sample === undefined) throw new Error('no sample');
    const times = [-SIZE, -1n, 0n, SIZE - 1n, SIZE];
    const placed = place(
      times.map((eventTime, index) => ({ ...sample, eventTime, id: String(index) })),
      2,
    );
    const view = await stored([placed]);
    const found = await windowsWithRows(
      queries,
      viewRows(view, 1),
      { start: -5n * SIZE, end: 5n * SIZE },
      vectorOf(view.topic, placed),
      SIZE,
    );
    expect(found.map(({ window: { start }, rows }) => [start, rows])).toEqual([
      [-SIZE, 2n],
      [0n, 2n],
      [SIZE, 1n],
    ]);
  });

  it('counts an event once that a producer sent again much later, in whichever partition and at whichever offset', async () => {
    const [sample] = fc.sample(rowArbitrary, { numRuns: 1, seed: 1 });
    if (sample === undefined) throw new Error('no sample');
    const times = [0n, 1n, window.start, window.start + 1n, window.start + 2n];
    const originals = times.map(
      (eventTime, index): PlacedRow => ({
        row: { ...sample, eventTime, id: String(index) },
        partition: 1,
        offset: 1000n + BigInt(index),
      }),
    );
    // A partition that had less so far gives the copies smaller offsets, and with them smaller positions.
    const copies = originals.map(({ row }, index) => ({ row, partition: 4, offset: BigInt(index) }));
    const again = originals.map(({ row }, index) => ({ row, partition: 0, offset: 5000n + BigInt(index) }));
    const alone = await stored([originals]);
    const expected = await resultAt(alone, vectorOf(alone.topic, originals));
    expect(expected.rows).toBe(3n);
    const all = [...originals, ...copies, ...again];
    const view = await stored([originals, copies, again]);
    expect(await resultAt(view, vectorOf(view.topic, all))).toEqual(expected);
  });

  it('knows nothing of a partition that the vector does not name', async () => {
    const [sample] = fc.sample(rowArbitrary, { numRuns: 1, seed: 1 });
    if (sample === undefined) throw new Error('no sample');
    const rows = ['SFO', 'JFK'].map((airport, index) => ({
      ...sample,
      airport,
      eventTime: window.start,
      id: String(index),
    }));
    const [first, second] = place(rows, 5);
    if (first === undefined || second === undefined || first.partition === second.partition)
      throw new Error('choose other airports');
    const view = await stored([[first, second]]);
    expect((await resultAt(view, vectorOf(view.topic, [first]))).rows).toBe(1n);
    expect((await resultAt(view, { [view.topic]: {} })).rows).toBe(0n);
  });
});
