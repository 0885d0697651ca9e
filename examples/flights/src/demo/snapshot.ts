import type { Millrace } from '@millrace/client';
import { z } from 'zod';
import { LABEL, lateArrival, MODEL } from '../definitions.ts';
import { type Minutes, toMicros } from '../minutes.ts';
import { type Check, CheckFailed, mustEqual } from './checks.ts';
import { formatCount, textTable } from './table.ts';
import type { World } from './world.ts';

const manifestSchema = z.looseObject({
  id: z.string(),
  featureService: z.object({ name: z.string().nullable(), hash: z.string() }),
  vector: z.record(z.string(), z.record(z.string(), z.string())),
  timeBounds: z.object({ from: z.string(), until: z.string() }).nullable(),
  rowCount: z.number(),
  contentHash: z.string(),
});

/** A training snapshot with its rows. */
export interface TrainingSnapshot {
  readonly manifest: z.output<typeof manifestSchema>;
  readonly rows: Awaited<ReturnType<Millrace['snapshots']['table']>>;
}

/** Takes the snapshot that a training job would ask for: the labels of the model between two times. */
export async function takeSnapshot(
  { snapshots }: Millrace,
  from: Minutes,
  until: Minutes,
): Promise<TrainingSnapshot> {
  const labels = { model: MODEL, name: LABEL, from: toMicros(from), until: toMicros(until) };
  const { id, manifest } = await snapshots.create({ service: lateArrival, labels });
  return { manifest: manifestSchema.parse(manifest), rows: await snapshots.table(id) };
}

/** The features of the snapshot, as columns. */
function featureColumns({ rows }: TrainingSnapshot): string[] {
  return rows.schema.fields.map(({ name }) => name).filter((name) => name.includes('__'));
}

/** That the snapshot has a row for each prediction, and in it what the model was served then. */
export function snapshotChecks({ analyst }: World, snapshot: TrainingSnapshot, predictions: number): Check[] {
  const { manifest, rows } = snapshot;
  const served = z.object({ prediction_id: z.string(), served_numbers: z.record(z.string(), z.number()) });
  return [
    {
      name: 'the snapshot has a row for each labelled prediction',
      async run() {
        mustEqual('rows of the manifest', manifest.rowCount, predictions);
        mustEqual('rows of the data', rows.numRows, predictions);
        return `${formatCount(rows.numRows)} rows`;
      },
    },
    {
      name: 'what was served is what the snapshot finds for that time',
      async run() {
        const sql = 'SELECT prediction_id, served_numbers FROM predictions WHERE model = {model:String}';
        const vectors = await analyst.rows(served, sql, { model: MODEL });
        const byId = new Map(vectors.map((row) => [row.prediction_id, row.served_numbers]));
        const columns = featureColumns(snapshot).map((name) => ({ name, values: rows.getChild(name) }));
        const ids = rows.getChild('prediction_id');
        for (let row = 0; row < rows.numRows; row++) {
          const id = String(ids?.get(row));
          for (const { name, values } of columns) {
            const [then, now] = [byId.get(id)?.[name] ?? null, asNumber(values?.get(row))];
            if (then !== now)
              throw new CheckFailed(`${name} of ${id} was served as ${then}; the snapshot has ${now}`);
          }
        }
        return `${formatCount(rows.numRows * columns.length)} values are the same`;
      },
    },
  ];
}

/** The manifest as a table: header and rows. */
export function manifestTable({ manifest, rows }: TrainingSnapshot): [string[], string[][]] {
  const { id, featureService, vector, timeBounds, rowCount, contentHash } = manifest;
  const known = Object.entries(vector).map(([topic, offsets]) => {
    const last = Object.values(offsets).reduce((sum, offset) => sum + Number(offset) + 1, 0);
    return [`known of ${topic}`, `${formatCount(last)} records in ${Object.keys(offsets).length} partitions`];
  });
  return [
    ['snapshot', id],
    [
      ['feature service', `${featureService.name ?? 'none'} (${featureService.hash.slice(0, 12)})`],
      ['rows', `${formatCount(rowCount)} of ${rows.numCols} columns`],
      ['predictions from', timeBounds?.from ?? '–'],
      ['to', timeBounds?.until ?? '–'],
      ...known,
      ['content hash', contentHash],
    ],
  ];
}

/** A few rows from the middle, as a table: a flight in a line. */
export function sampleTable(snapshot: TrainingSnapshot, count = 6): string {
  const { rows } = snapshot;
  const columns = ['event_time', 'origin', 'destination', 'label', ...featureColumns(snapshot)];
  const from = Math.max(0, Math.floor(rows.numRows / 2) - count);
  const cells = Array.from({ length: Math.min(count, rows.numRows) }, (_, index) =>
    columns.map((name) => describe(rows.getChild(name)?.get(from + index), name)),
  );
  // A row of the snapshot is a column here: a vector does not fit the width of a terminal.
  return textTable(
    ['', ...cells.map((_, index) => `row ${formatCount(from + index)}`)],
    transpose(columns, cells),
  );
}

function transpose(names: readonly string[], cells: readonly (readonly string[])[]): string[][] {
  return names.map((name, column) => [name, ...cells.map((row) => row[column] ?? '')]);
}

function describe(value: unknown, column: string): string {
  if (value === null || value === undefined) return 'null';
  if (column === 'event_time') return new Date(asMillis(value)).toISOString().slice(0, 16).replace('T', ' ');
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Arrow gives a time as milliseconds, as a number or a bigint by its unit. */
function asMillis(value: unknown): number {
  return z.coerce.number().parse(value);
}

function asNumber(value: unknown): number | null {
  return typeof value === 'number'
    ? value
    : z.coerce
        .number()
        .nullable()
        .parse(value ?? null);
}
