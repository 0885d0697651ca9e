import type { OffsetVector } from '@millrace/events';
import { z } from 'zod';
import { joinViewSchema } from '../point-in-time/join-view.ts';
import { snapshotFormats } from './staged-column.ts';

const columnSchema = z.object({ name: z.string(), type: z.string() });
const instantSchema = z.string().describe('ISO 8601 in UTC, to the microsecond.');
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** What pins a training snapshot: from it alone the same rows come again, whatever the store learned since. */
export const snapshotManifestSchema = z.object({
  id: z.string(),
  createdAt: instantSchema,
  featureService: z.object({
    name: z.string().nullable().describe('Null for a list of features.'),
    hash: z.string().describe('Covers the service with every view and entity in it.'),
  }),
  definitionsHash: hashSchema.describe('Covers the views as they were joined.'),
  schemaIds: z.record(z.string(), z.number()).describe('For each view, the schema of its rows at that time.'),
  vector: z
    .record(z.string(), z.record(z.string(), z.string()))
    .describe('What was known: the last offset of each topic and partition.'),
  copies: z
    .array(z.string())
    .optional()
    .describe('Views with copies of an event among what was known; every view may have some when left out.'),
  strict: z.boolean().describe('Whether values at the very time of a label were too late.'),
  views: z.array(joinViewSchema),
  spine: z.object({
    source: z.union([
      z.object({ format: z.enum(snapshotFormats) }),
      z.object({
        labels: z.object({ model: z.string(), name: z.string(), from: instantSchema, until: instantSchema }),
      }),
    ]),
    table: z.string(),
    timeColumn: z.string(),
    columns: z.array(columnSchema),
    hash: hashSchema,
  }),
  timeBounds: z
    .object({ from: instantSchema, until: instantSchema })
    .nullable()
    .describe('First and last time of a label.'),
  rowCount: z.number().int(),
  columns: z.array(columnSchema).describe('The columns with the types that ClickHouse gives them.'),
  contentHash: hashSchema.describe('Covers every value of every row, in order.'),
});
/** See {@link snapshotManifestSchema}. */
export type SnapshotManifest = z.infer<typeof snapshotManifestSchema>;

/** A vector as JSON has it, where offsets are text. */
export function vectorToJson(vector: OffsetVector): SnapshotManifest['vector'] {
  return Object.fromEntries(
    Object.entries(vector).map(([topic, partitions]) => [
      topic,
      Object.fromEntries(
        Object.entries(partitions).map(([partition, offset]) => [partition, String(offset)]),
      ),
    ]),
  );
}

/** The vector of a manifest. */
export function vectorOfJson(vector: SnapshotManifest['vector']): OffsetVector {
  return Object.fromEntries(
    Object.entries(vector).map(([topic, partitions]) => [
      topic,
      Object.fromEntries(
        Object.entries(partitions).map(([partition, offset]) => [partition, BigInt(offset)]),
      ),
    ]),
  );
}
