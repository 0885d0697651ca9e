import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ClickHouseClient } from '@clickhouse/client';
import { newEventId, type OffsetVector } from '@millrace/events';
import {
  defineEntity,
  defineFeatureService,
  defineFeatureView,
  type ResolvedService,
} from '@millrace/feature-registry';
import { type Micros, type Running, SECOND } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import { z } from 'zod';
import type { OfflineStore } from '../port.ts';
import type { SnapshotManifest } from '../snapshots/manifest.ts';
import { openSnapshots, type Snapshots } from '../snapshots/snapshots.ts';
import type { ClickHouseOfflineStore } from '../store.ts';
import { catalogOf } from './definitions.ts';
import { openTestStore, testDeployment } from './test-store.ts';
import { type TestRow, writeRows } from './write-rows.ts';

/** The time of the labels in tests of snapshots: 2001-01-20T14:13:20Z. */
export const T = 980_000_000n * SECOND;

/** A store with snapshots. */
export interface SnapshotWorld {
  readonly client: ClickHouseClient;
  readonly store: ClickHouseOfflineStore;
  readonly snapshots: Snapshots;
  /** What the log had at a time. */
  readonly knownAt: Map<Micros, OffsetVector>;
}

export async function openSnapshotWorld(): Promise<Running<SnapshotWorld>> {
  const { value, stop } = await openTestStore();
  const knownAt = new Map<Micros, OffsetVector>();
  const snapshots = openSnapshots({
    client: value.client,
    deployment: testDeployment(),
    resolveKnownAt: (_topics, at) => Promise.resolve(knownAt.get(at) ?? {}),
    waitMs: 300,
  });
  return { value: { ...value, snapshots, knownAt }, stop };
}

/** A feature service of one view, `origin`, with three rows in the store. */
export interface GivenService {
  readonly service: ResolvedService;
  readonly topic: string;
  /** Writes a row at a time relative to {@link T}. */
  write(...rows: readonly (readonly [at: bigint, airport: string, delay: number | null])[]): Promise<void>;
}

export async function givenService(store: OfflineStore): Promise<GivenService> {
  const entity = defineEntity({ name: 'flight', keys: { airport: 'string', gate: 'int' }, owner: 'test' });
  const view = defineFeatureView({
    name: uniqueName('view'),
    entity,
    ttl: '1d',
    owner: 'test',
    features: { delay: { type: 'double' }, count: { type: 'long' }, words: { type: { array: 'string' } } },
  });
  const defined = defineFeatureService({
    name: uniqueName('service'),
    owner: 'test',
    views: [{ view, as: 'origin', features: ['delay', 'count', 'words'] }],
  });
  const catalog = catalogOf(entity, view.definition, defined.definition);
  const registered = catalog.view(view.definition.name);
  const { topic } = registered;
  await store.ensureView(registered, 1);
  let offset = 0n;

  const write: GivenService['write'] = async (...rows) => {
    const firstOffset = offset;
    const written = rows.map(([at, airport, delay]): TestRow => {
      const values = { delay, count: 2n ** 60n + 1n, words: ['a', airport] };
      const place = { partition: 0, offset };
      offset += 1n;
      return { eventId: newEventId(), key: { airport, gate: 7 }, eventTime: T + at, ...place, values };
    });
    await writeRows(store, registered, written);
    await applied(store, topic, firstOffset, offset - 1n);
  };
  await write([-2n, 'SFO', 1.5], [-1n, 'JFK', Number.NaN], [-1n, "O'Hare", -0]);
  return { service: catalog.service(defined.definition.name), topic, write };
}

/** Says that a range of a partition is stored. */
export function applied(
  store: OfflineStore,
  topic: string,
  firstOffset: bigint,
  lastOffset: bigint,
  generation = 1,
  partition = 0,
): Promise<void> {
  const times = { minEventTime: T, maxEventTime: T, maxRecordedAt: T };
  return store.recordApplied([
    { topic, generation, epoch: 0, partition, firstOffset, lastOffset, rows: 1, deadLetters: 0, ...times },
  ]);
}

/** A spine as text, with its times in the column `at`. */
export function spineOf(format: 'csv' | 'ndjson', body: string) {
  return { format, timeColumn: 'at', body: Readable.from([Buffer.from(body)]) };
}

/** The rows of a snapshot. */
export async function rowsOf(
  snapshots: Snapshots,
  manifest: SnapshotManifest,
): Promise<Record<string, unknown>[]> {
  const body = await text(await snapshots.data(manifest, 'ndjson'));
  const lines = body.trim().split('\n');
  return lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
}
