import type { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import type { OffsetVector } from '@millrace/events';
import type { ResolvedService } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';
import { z } from 'zod';
import { storeErrors } from '../clickhouse/errors.ts';
import type { Deployment } from '../clickhouse/table.ts';
import { type PointInTimeJoin, pointInTimeQuery, withLiveTables } from '../point-in-time/query.ts';
import { contentOf } from './content.ts';
import { createSnapshot, DEFAULT_WAIT_MS } from './create-snapshot.ts';
import { generationsHolding, type Knowledge } from './knowledge.ts';
import { type SnapshotManifest, snapshotManifestSchema, vectorOfJson } from './manifest.ts';
import type { LabelSpine } from './spine-from-labels.ts';
import type { SpineFile } from './stage-file.ts';
import type { SnapshotFormat } from './staged-column.ts';
import { streamResult } from './stream-result.ts';
import { whileLive } from './while-live.ts';

/** What snapshots need of the world. */
export interface SnapshotsOptions {
  readonly client: ClickHouseClient;
  readonly deployment: Deployment;
  /** For a time, the last offset recorded at or before it in each partition: `vectorAt` of the log. */
  resolveKnownAt(topics: readonly string[], at: Micros): Promise<OffsetVector>;
  /** Longest wait, in milliseconds, for the store to hold what is to be known. @default 30,000 */
  readonly waitMs?: number;
}

/** What to make a snapshot of. */
export interface SnapshotRequest {
  readonly service: ResolvedService;
  readonly spine: SpineFile | { readonly labels: LabelSpine };
  /** @default all that is stored */
  readonly known?: Knowledge;
  /** Whether a value at the very time of a label is too late. @default false */
  readonly strict?: boolean;
}

/** What verifying found. */
export interface SnapshotVerification {
  readonly ok: boolean;
  /** What is not as the manifest says, in words. */
  readonly differences: readonly string[];
}

/** Training snapshots. Every method throws MillraceError STORE_UNAVAILABLE where trying again can succeed. */
export interface Snapshots {
  /**
   * Makes a snapshot and pins it.
   *
   * @throws MillraceError REQUEST_INVALID, KEY_INVALID or TIME_INVALID for a spine that cannot be joined (naming
   * row and column), POSITIONS_NOT_REACHED when the store does not hold yet what is to be known.
   */
  create(request: SnapshotRequest): Promise<SnapshotManifest>;
  /** The manifest, or undefined where there is no such snapshot. */
  manifest(id: string): Promise<SnapshotManifest | undefined>;
  /**
   * The rows in the spine's order, as a stream that fails when the query fails half-way.
   *
   * @throws MillraceError POSITIONS_NOT_REACHED when a rebuild does not hold yet what the snapshot knows.
   */
  data(manifest: SnapshotManifest, format: SnapshotFormat): Promise<Readable>;
  /** Computes the contents again and compares. @throws MillraceError POSITIONS_NOT_REACHED as `data`. */
  verify(manifest: SnapshotManifest): Promise<SnapshotVerification>;
}

const manifestRow = z.array(z.object({ manifest: z.string() }));

/** Training snapshots in ClickHouse. */
export function openSnapshots(options: SnapshotsOptions): Snapshots {
  const { client } = options;
  const storing = storeErrors('a training snapshot');
  return {
    create: (request) => storing(() => createSnapshot(options, request)),
    manifest: (id) =>
      storing(async () => {
        const answer = await client.query({
          query: 'SELECT manifest FROM snapshots WHERE id = {id: String} LIMIT 1',
          query_params: { id },
          format: 'JSONEachRow',
        });
        const [found] = manifestRow.parse(await answer.json());
        return found === undefined ? undefined : snapshotManifestSchema.parse(JSON.parse(found.manifest));
      }),
    data: (manifest, format) =>
      storing(async () => {
        const { copies } = manifest;
        const { join, live } = await joinOf(options, manifest);
        const query = pointInTimeQuery({ ...join, ...(copies === undefined ? {} : { copies }) });
        return whileLive(client, live, () => streamResult(client, query, format));
      }),
    verify: (manifest) =>
      storing(async () => {
        // Looks for copies itself, rather than take the manifest's word.
        const { join, live } = await joinOf(options, manifest);
        const content = await whileLive(client, live, () => contentOf(client, join));
        const differences = [
          ...differ('row count', manifest.rowCount, content.rowCount),
          ...differ('spine hash', manifest.spine.hash, content.spineHash),
          ...differ('columns', JSON.stringify(manifest.columns), JSON.stringify(content.columns)),
          ...differ('content hash', manifest.contentHash, content.contentHash),
        ];
        return { ok: differences.length === 0, differences };
      }),
  };
}

/** The join of a manifest, over the generations that are read now: any that holds its vector gives the same rows. */
async function joinOf(
  { client, waitMs = DEFAULT_WAIT_MS }: SnapshotsOptions,
  { views, spine, strict, vector: offsets }: SnapshotManifest,
): Promise<{ readonly join: PointInTimeJoin; readonly live: ReadonlyMap<string, number> }> {
  const { table, columns, timeColumn } = spine;
  const vector = vectorOfJson(offsets);
  const live = await generationsHolding({ client, waitMs }, vector);
  const join = {
    views: withLiveTables(views, live),
    spine: { table, columns: columns.map(({ name }) => name), timeColumn },
    vector,
    strict,
  };
  return { join, live };
}

function differ(what: string, before: string | number, now: string | number): string[] {
  return before === now ? [] : [`${what}: the manifest has ${before}, the store gives ${now}`];
}
