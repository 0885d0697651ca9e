import type { LogRecord, PartitionBatch, SchemaRegistry } from '@millrace/event-log';
import type { Catalog, RegisteredView } from '@millrace/feature-registry';
import { type Micros, MillraceError } from '@millrace/kernel';
import type { OnlineRow, OnlineStoreWriter } from '@millrace/online-store';
import type { DeadLetters } from '@millrace/processing';
import type { OnlineProjectorMetrics } from './metrics.ts';
import { ViewRows } from './view-rows.ts';

/** What applying batches needs. */
export interface ApplyBatchParts {
  readonly store: Pick<OnlineStoreWriter, 'write'>;
  readonly catalog: Pick<Catalog, 'views'>;
  readonly registry: Pick<SchemaRegistry, 'schemaById'>;
  readonly deadLetters: DeadLetters;
  readonly metrics: OnlineProjectorMetrics;
  /** How far an event time may lie ahead of the recording. */
  readonly maxAhead: Micros;
}

/** Applies a batch to a generation of the store. */
export type ApplyBatch = (batch: PartitionBatch, generation: number) => Promise<void>;

interface Letter {
  readonly record: LogRecord;
  readonly error: MillraceError;
}

/**
 * Applies a batch of one partition: dead letters first, then rows and position. So a crash in between repeats
 * dead letters, which have the same id each time, and skips nothing.
 */
export function applyBatch(parts: ApplyBatchParts): ApplyBatch {
  const { store, deadLetters, metrics } = parts;
  const rowsOf = rowsOfViews(parts);
  return async function apply(batch, generation) {
    const { topic, partition, nextOffset } = batch;
    const done = metrics.applySeconds.startTimer();
    const { rows, letters } = await decodeAll(batch, rowsOf(topic));
    if (letters.length > 0) await deadLetters.write(letters);
    const { changed } = await store.write(rows, { topic, generation, partition, nextOffset });
    done();
    for (const { error } of letters) metrics.deadLetters.inc({ topic, code: error.code });
    metrics.rows.inc({ topic }, rows.length);
    metrics.changed.inc({ topic }, changed);
    metrics.batchRows.observe(batch.records.length);
  };
}

async function decodeAll(batch: PartitionBatch, view: ViewRows) {
  const rows: OnlineRow[] = [];
  const letters: Letter[] = [];
  const records = [...batch.records];
  await view.prepare(records);
  for (const record of records) {
    const decoded = view.decode(record);
    if (decoded.ok) rows.push(decoded.value);
    else letters.push({ record, error: decoded.error });
  }
  return { rows, letters };
}

/** The decoder of a topic's view, made anew when the definition of the view changes. */
function rowsOfViews({ catalog, registry, maxAhead }: ApplyBatchParts): (topic: string) => ViewRows {
  const made = new Map<string, { readonly view: RegisteredView; readonly rows: ViewRows }>();
  return (topic) => {
    const view = catalog.views().find((candidate) => candidate.topic === topic);
    if (view === undefined)
      throw new MillraceError('INTERNAL', `${topic} is not the topic of a feature view`);
    const known = made.get(topic);
    if (known?.view === view) return known.rows;
    const rows = new ViewRows(view, registry, maxAhead);
    made.set(topic, { view, rows });
    return rows;
  };
}
