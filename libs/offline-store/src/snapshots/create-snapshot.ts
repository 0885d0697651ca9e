import { createHash } from 'node:crypto';
import { newEventId, topics } from '@millrace/events';
import { formatInstant, systemClock } from '@millrace/kernel';
import { identifier } from '../clickhouse/sql.ts';
import { onCluster } from '../clickhouse/table.ts';
import { joinViewsOf } from '../point-in-time/join-view.ts';
import { withLiveTables } from '../point-in-time/query.ts';
import { viewsWithCopies } from '../point-in-time/views-with-copies.ts';
import { contentOf } from './content.ts';
import { resolveKnowledge } from './knowledge.ts';
import { type SnapshotManifest, vectorToJson } from './manifest.ts';
import type { SnapshotRequest, SnapshotsOptions } from './snapshots.ts';
import { makeSpine } from './spine-table.ts';
import { whileLive } from './while-live.ts';
import { takingTurns } from '../clickhouse/taking-turns.ts';

/** Longest wait, in milliseconds, for the store to hold what a snapshot knows. */
export const DEFAULT_WAIT_MS = 30_000;

/** Makes a snapshot: knowledge, spine, contents, manifest; in this order, so that what is written last is whole. */
export async function createSnapshot(
  { client, deployment, resolveKnownAt, waitMs = DEFAULT_WAIT_MS }: SnapshotsOptions,
  { service, spine, known, strict = false }: SnapshotRequest,
): Promise<SnapshotManifest> {
  const id = newEventId();
  const views = joinViewsOf(service);
  const ofLabels = 'labels' in spine ? [topics.predictions.name, topics.labels.name] : [];
  const wanted = [...new Set([...views.map(({ topic }) => topic), ...ofLabels])];
  const knowledge = await resolveKnowledge({ client, resolveKnownAt, waitMs }, wanted, known);
  const { vector, live } = knowledge;
  const tables = withLiveTables(views, live);
  const copies = await whileLive(client, live, () => viewsWithCopies(client, tables, vector));
  const { table, columns } = await whileLive(client, live, () =>
    makeSpine({ client, deployment, id, spine, views, knowledge }),
  );
  try {
    const content = await whileLive(client, live, () =>
      contentOf(client, { views: tables, spine: table, vector, strict, copies }),
    );
    const { spineHash, ...contents } = content;
    const now = systemClock.now();
    const manifest: SnapshotManifest = {
      id,
      createdAt: formatInstant(now),
      featureService: { name: service.name ?? null, hash: service.hash },
      definitionsHash: createHash('sha256').update(JSON.stringify(views)).digest('hex'),
      schemaIds: Object.fromEntries(service.views.map(({ view }) => [view.definition.name, view.schemaId])),
      vector: vectorToJson(vector),
      copies: [...copies],
      strict,
      views,
      spine: {
        source: sourceOf(spine),
        table: table.table,
        timeColumn: table.timeColumn,
        columns,
        hash: spineHash,
      },
      ...contents,
    };
    await takingTurns(() =>
      client.insert({
        table: 'snapshots',
        format: 'JSONEachRow',
        clickhouse_settings: { async_insert: 0 },
        values: [{ id, created_at: String(now / 1_000_000n), manifest: JSON.stringify(manifest) }],
      }),
    );
    return manifest;
  } catch (error) {
    const dropped = `${identifier(table.table)}${onCluster(deployment)}`;
    await client.command({ query: `DROP TABLE IF EXISTS ${dropped}` });
    throw error;
  }
}

function sourceOf(spine: SnapshotRequest['spine']): SnapshotManifest['spine']['source'] {
  if (!('labels' in spine)) return { format: spine.format };
  const { model, name, from, until } = spine.labels;
  return { labels: { model, name, from: formatInstant(from), until: formatInstant(until) } };
}
