import { type EventId, newEventId } from '@millrace/events';
import type { ResolvedService } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventTables } from '../event-tables/views.ts';
import { physicalTable } from '../generations/physical-table.ts';
import { RowWriter } from '../row-binary/row-writer.ts';
import {
  applied,
  type GivenService,
  givenService,
  openSnapshotWorld,
  rowsOf,
  type SnapshotWorld,
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

test('the labels of a model are a spine: newest label, at the time of the prediction', async () => {
  const model = uniqueName('model');
  const envelope = (at: bigint, eventId: EventId = newEventId()) => ({
    eventId,
    eventTime: T + at,
    producer: { service: 'app', version: null, commit: null },
    traceparent: null,
  });
  const predictions = new RowWriter();
  const labels = new RowWriter();
  let at = 0n;
  const place = () => ({ epoch: 0, partition: 0, offset: at++, recordedAt: T });
  const predict = (id: string, time: bigint, airport: string) =>
    eventTables.predictions.write(predictions, {
      topic: 'predictions',
      schemaId: 1,
      place: place(),
      event: {
        envelope: envelope(time),
        predictionId: `${model} ${id}`,
        model,
        modelVersion: '1',
        alias: null,
        featureService: null,
        featureServiceHash: null,
        entityKey: { airport, gate: '7' },
        readAt: null,
        servedViews: [],
        servedFeatures: [],
        output: { class: null, score: null, probabilities: null, value: 1 },
        segments: {},
        latencyMicros: null,
      },
    });
  const label = (id: string, time: bigint, value: boolean | null) =>
    eventTables.labels.write(labels, {
      topic: 'labels',
      schemaId: 1,
      place: place(),
      event: {
        envelope: envelope(time),
        predictionId: `${model} ${id}`,
        entityKey: null,
        labelTime: null,
        model: null,
        name: 'late',
        value: value === null ? null : { boolean: value },
      },
    });
  predict('b', -1n, 'JFK');
  predict('a', -2n, 'SFO');
  predict('unlabelled', -1n, 'SFO');
  predict('taken back', -1n, 'SFO');
  predict('too early', -11n, 'SFO');
  predict('too late', 0n, 'SFO');
  label('a', 20n, true);
  label('a', 10n, false);
  label('b', 10n, false);
  label('taken back', 10n, true);
  label('taken back', 11n, null);
  label('too early', 1n, true);
  label('too late', 1n, true);
  const { store } = world;
  for (const [table, writer] of [
    [eventTables.predictions, predictions],
    [eventTables.labels, labels],
  ] as const) {
    await store.insert({
      table: physicalTable(table.table.name, 1),
      columns: table.columns,
      ...writer.take(),
      token: `${model} ${table.table.name}`,
    });
  }
  for (const name of ['predictions', 'labels']) await applied(store, name, 0n, at);
  const manifest = await snapshots.create({
    service,
    spine: { labels: { model, name: 'late', from: T - 10n, until: T } },
  });
  expect(await rowsOf(snapshots, manifest)).toMatchObject([
    {
      prediction_id: `${model} a`,
      airport: 'SFO',
      gate: 7,
      event_time: '2001-01-20T14:13:19.999998Z',
      label: true,
      origin__delay: 1.5,
    },
    {
      prediction_id: `${model} b`,
      airport: 'JFK',
      gate: 7,
      event_time: '2001-01-20T14:13:19.999999Z',
      label: false,
      origin__delay: 'nan',
    },
  ]);
});
