import { Readable } from 'node:stream';
import type { ResolvedService } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';
import {
  Bool,
  Float64,
  Int64,
  Table,
  TimestampMicrosecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type GivenService,
  givenService,
  openSnapshotWorld,
  type SnapshotWorld,
  spineOf,
  T,
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

describe('a spine that cannot be joined is refused, naming row and column', () => {
  test.each([
    [
      'a naive time',
      'airport,gate,at\nSFO,7,2001-01-20T14:13:20Z\nSFO,7,2001-01-20T14:13:20',
      'TIME_INVALID',
      /row 1, column at: "2001-01-20T14:13:20" must be/,
    ],
    ['a day that is not', 'airport,gate,at\nSFO,7,2001-02-30T14:13:20Z', 'TIME_INVALID', /row 0, column at/],
    [
      'a key of another type',
      'airport,gate,at\nSFO,B7,2001-01-20T14:13:20Z',
      'KEY_INVALID',
      /row 0, column gate: "B7" must be int/,
    ],
    [
      'a key that does not fit',
      'airport,gate,at\nSFO,3000000000,2001-01-20T14:13:20Z',
      'KEY_INVALID',
      /column gate/,
    ],
    ['no key column', 'airport,at\nSFO,2001-01-20T14:13:20Z', 'REQUEST_INVALID', /no column gate/],
    [
      'the name of a feature',
      'airport,gate,at,origin__delay\nSFO,7,2001-01-20T14:13:20Z,1',
      'REQUEST_INVALID',
      /origin__delay/,
    ],
  ])('%s', async (_what, body, code, message) => {
    const create = snapshots.create({ service, spine: spineOf('csv', body) });
    await expect(create).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test('an object in a column that nobody asks about stays the text that it is', async () => {
  const row = '{"airport":"SFO","gate":7,"at":"2001-01-20T14:13:20Z","about":{"by":"me"},"more":[{"n":1}]}';
  const { columns } = await snapshots.create({ service, spine: spineOf('ndjson', row) });
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  expect([types.get('about'), types.get('more')]).toEqual(['Nullable(String)', 'Nullable(String)']);
});

test('Arrow and Parquet spines and results give back what went in', async () => {
  const times = new TimestampMicrosecond('UTC');
  const table = new Table({
    airport: vectorFromArray(['JFK', 'SFO', null], new Utf8()),
    gate: vectorFromArray([7n, 7n, 7n], new Int64()),
    at: vectorFromArray(
      [T, T, T].map((micros) => Number(micros / 1000n)),
      times,
    ),
    weight: vectorFromArray([0.5, null, 2], new Float64()),
    late: vectorFromArray([true, false, null], new Bool()),
  });
  const body = Buffer.from(tableToIPC(table, 'stream'));
  const manifest = await snapshots.create({
    service,
    spine: { format: 'arrow', timeColumn: 'at', body: Readable.from([body]) },
  });
  const arrow = Buffer.concat(await (await snapshots.data(manifest, 'arrow')).toArray());
  const result = tableFromIPC(arrow);
  expect(result.schema.fields.map(({ name }) => name)).toEqual([
    'airport',
    'gate',
    'at',
    'weight',
    'late',
    'origin__delay',
    'origin__count',
    'origin__words',
    'origin__words__present',
  ]);
  expect([...(result.getChild('origin__count') ?? [])]).toEqual([2n ** 60n + 1n, 2n ** 60n + 1n, null]);
  expect([...(result.getChild('weight') ?? [])]).toEqual([0.5, null, 2]);

  const flat = {
    ...service,
    views: service.views.map((view) => ({
      ...view,
      features: view.features.filter(({ feature }) => feature !== 'words'),
    })),
  };
  const arrays = await snapshots.create({
    service: flat,
    spine: { format: 'arrow', timeColumn: 'at', body: Readable.from([body]) },
  });
  const parquet = Buffer.concat(await (await snapshots.data(arrays, 'parquet')).toArray());
  const again = await snapshots.create({
    service: { ...service, views: [] },
    spine: { format: 'parquet', timeColumn: 'at', body: Readable.from([parquet]) },
  });
  expect(again.columns).toEqual(arrays.columns);
  expect(again.contentHash).toBe(arrays.contentHash);
});
