import type { LogRecord, SchemaRegistry } from '@millrace/event-log';
import { unframe } from '@millrace/events';
import type { Catalog, RegisteredView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { compileTranscoder, rawTableName, type RowTranscoder } from '@millrace/offline-store';
import { BatchTally } from './batch-tally.ts';
import type { BatchEncoder } from './encoded-batch.ts';
import { RowSections, type RowTarget } from './row-sections.ts';
import type { ViewTables } from './view-tables.ts';

/** What a feature encoder needs of the world. */
export interface FeatureEncoderOptions {
  readonly catalog: Pick<Catalog, 'view'>;
  /** Resolves when all definitions that the log has are in the catalog. */
  definitionsCaughtUp(): Promise<void>;
  readonly registry: Pick<SchemaRegistry, 'schemaById'>;
  readonly tables: Pick<ViewTables, 'ensure'>;
  /** Microseconds. */
  readonly maxAhead: bigint;
}

/** How rows of one schema are written; or why none can be. */
type Route = (RowTarget & { readonly transcoder: RowTranscoder }) | MillraceError;

/** Encodes the rows of a feature view, Avro bytes to RowBinary bytes, with a transcoder compiled for each schema. */
export function featureEncoder(viewName: string, options: FeatureEncoderOptions): BatchEncoder {
  const { catalog, tables } = options;
  let prepared: { readonly view: RegisteredView; readonly routes: Map<number, Route> } | undefined;

  /** Before rows of a newer definition are encoded, the table has its columns. */
  async function prepare(): Promise<NonNullable<typeof prepared>> {
    const view = catalog.view(viewName);
    if (prepared?.view === view) return prepared;
    await tables.ensure(view);
    prepared = { view, routes: new Map() };
    return prepared;
  }

  async function prepareFor(records: readonly LogRecord[]): Promise<NonNullable<typeof prepared>> {
    const ids = new Set<number>();
    for (const { value } of records) {
      const framed = value === null ? undefined : unframe(value);
      if (framed !== undefined) ids.add(framed.schemaId);
    }
    let current = await prepare();
    const unknown = [...ids].filter((id) => !current.view.schemas.has(id) && !current.routes.has(id));
    if (unknown.length > 0) {
      // A schema can be in use a moment before its definition is read here, and the table has to grow first.
      await options.definitionsCaughtUp();
      current = await prepare();
    }
    for (const id of ids) {
      if (!current.routes.has(id)) current.routes.set(id, await route(current.view, id));
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

function writeRow(
  { value, recordedAt }: LogRecord,
  routes: ReadonlyMap<number, Route>,
  sections: RowSections,
  place: Parameters<RowTranscoder['write']>[2],
): bigint {
  const framed = value === null ? undefined : unframe(value);
  if (framed === undefined)
    throw new MillraceError('EVENT_MALFORMED', 'the value is not in the Confluent wire format');
  const route = routes.get(framed.schemaId);
  if (route === undefined) throw new MillraceError('INTERNAL', `schema ${framed.schemaId} was not prepared`);
  if (route instanceof MillraceError) throw route;
  return route.transcoder.write(sections.writerFor(route, recordedAt), framed.payload, place);
}
