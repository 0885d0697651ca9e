import type { LogRecord, SchemaRegistry } from '@millrace/event-log';
import { PAYLOAD_AT, schemaIdOf } from '@millrace/events';
import type { Catalog, RegisteredView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { compileTranscoder, rawTableName, type RowTranscoder } from '@millrace/offline-store';
import { BatchTally } from './batch-tally.ts';
import type { BatchEncoder } from './encoded-batch.ts';
import { RowSections, type RowTarget } from './row-sections.ts';

/** What a feature encoder needs of the world. */
export interface FeatureEncoderOptions {
  readonly catalog: Pick<Catalog, 'view'>;
  /** Resolves when all definitions that the log has are in the catalog. */
  definitionsCaughtUp(): Promise<void>;
  readonly registry: Pick<SchemaRegistry, 'schemaById'>;
  /** Makes the table that the rows go into fit the view. */
  ensureTable(view: RegisteredView): Promise<void>;
  /** Microseconds. */
  readonly maxAhead: bigint;
}

/** How rows of one schema are written; or why none can be. */
type Route = (RowTarget & { readonly transcoder: RowTranscoder }) | MillraceError;

/** Encodes the rows of a feature view, Avro bytes to RowBinary bytes, with a transcoder compiled for each schema. */
export function featureEncoder(viewName: string, options: FeatureEncoderOptions): BatchEncoder {
  const { catalog } = options;
  let prepared: { readonly view: RegisteredView; readonly routes: Map<number, Route> } | undefined;

  /** Before rows of a newer definition are encoded, the table has its columns. */
  async function prepare(): Promise<NonNullable<typeof prepared>> {
    const view = catalog.view(viewName);
    if (prepared?.view === view) return prepared;
    await options.ensureTable(view);
    prepared = { view, routes: new Map() };
    return prepared;
  }

  async function prepareFor(records: readonly LogRecord[]): Promise<NonNullable<typeof prepared>> {
    const ids = new Set<number>();
    let last: number | undefined;
    for (const { value } of records) {
      const id = value === null ? undefined : schemaIdOf(value);
      if (id !== undefined && id !== last) ids.add(id);
      last = id;
    }
    let current = await prepare();
    // A schema of which the registry says that there is none may be registered later.
    for (const id of ids) if (isUnknown(current.routes.get(id))) current.routes.delete(id);
    const unknown = [...ids].filter((id) => !current.view.schemas.has(id) && !current.routes.has(id));
    if (unknown.length > 0) {
      // A schema can be in use a moment before its definition is read here, and the table has to grow first.
      await options.definitionsCaughtUp();
      current = await prepare();
    }
    for (const id of ids) {
      if (current.routes.has(id)) continue;
      const made = await route(current.view, id);
      // One for all batches, also those that are encoded at once: their rows share blocks then.
      if (!current.routes.has(id)) current.routes.set(id, made);
    }
    return current;
  }

  async function route(view: RegisteredView, schemaId: number): Promise<Route> {
    const text = view.schemas.get(schemaId) ?? (await options.registry.schemaById(schemaId));
    if (text === undefined)
      return new MillraceError('SCHEMA_UNKNOWN', `the schema registry has no schema ${schemaId}`);
    try {
      const transcoder = compileTranscoder(view, schemaId, text, options.maxAhead);
      return { table: rawTableName(viewName), columns: transcoder.columns, transcoder };
    } catch (error) {
      if (error instanceof MillraceError) return error;
      throw error;
    }
  }

  return {
    epoch: () => catalog.view(viewName).epoch,
    async encode(batch, firstOffset) {
      const { view, routes } = await prepareFor(batch.records);
      const tally = new BatchTally();
      const size = batch.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      const sections = new RowSections(size + 64 * batch.records.length + 1024);
      const place = { epoch: view.epoch, partition: batch.partition, offset: 0n, recordedAt: 0n };
      for (const record of batch.records) {
        place.offset = record.offset;
        place.recordedAt = record.recordedAt;
        try {
          tally.row(writeRow(record, routes, sections, place));
        } catch (error) {
          tally.letter(record, error);
        }
      }
      const range = tally.range(batch, view.epoch, firstOffset);
      return { batch, sections: sections.finish(), letters: tally.letters, range };
    },
  };
}

function isUnknown(route: Route | undefined): boolean {
  return route instanceof MillraceError && route.code === 'SCHEMA_UNKNOWN';
}

function writeRow(
  { value, recordedAt }: LogRecord,
  routes: ReadonlyMap<number, Route>,
  sections: RowSections,
  place: Parameters<RowTranscoder['write']>[2],
): bigint {
  const schemaId = value === null ? undefined : schemaIdOf(value);
  if (value === null || schemaId === undefined)
    throw new MillraceError('EVENT_MALFORMED', 'the value is not in the Confluent wire format');
  const route = routes.get(schemaId);
  if (route === undefined) throw new MillraceError('INTERNAL', `schema ${schemaId} was not prepared`);
  if (route instanceof MillraceError) throw route;
  return route.transcoder.write(sections.writerFor(route, recordedAt), value, place, PAYLOAD_AT);
}
