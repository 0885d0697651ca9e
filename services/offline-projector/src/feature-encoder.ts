import type { LogRecord } from '@millrace/event-log';
import { PAYLOAD_AT, schemaIdOf } from '@millrace/events';
import { type Micros, MillraceError } from '@millrace/kernel';
import type { RecordPlace } from '@millrace/offline-store';
import { BatchTally } from './batch-tally.ts';
import type { BatchEncoder } from './encoded-batch.ts';
import { RowSections } from './row-sections.ts';
import { type Route, SchemaRoutes, type SchemaRoutesOptions } from './schema-routes.ts';

/** Encodes the rows of a feature view, Avro bytes to RowBinary bytes, with a transcoder compiled for each schema. */
export function featureEncoder(viewName: string, options: SchemaRoutesOptions): BatchEncoder {
  const schemas = new SchemaRoutes(viewName, options);
  return {
    epoch: () => options.catalog.view(viewName).epoch,
    async encode(batch, firstOffset) {
      const routes = await schemas.ofBatch();
      const { epoch } = routes.view;
      const tally = new BatchTally();
      const sections = new RowSections(batch.bytes + 64 * batch.records.length + 1024);
      const place = { epoch, partition: batch.partition, offset: 0n, recordedAt: 0n };
      for (const record of batch.records) {
        const { value, offset, recordedAt } = record;
        place.offset = offset;
        place.recordedAt = recordedAt;
        tally.record(recordedAt);
        const schemaId = value === null ? undefined : schemaIdOf(value);
        const route =
          schemaId === undefined ? undefined : (routes.get(schemaId) ?? (await routes.find(schemaId)));
        try {
          tally.row(writeRow(value, route, sections, place));
        } catch (error) {
          tally.letter(record, error);
        }
      }
      const range = tally.range(batch, epoch, firstOffset);
      return { batch, sections: sections.finish(), letters: tally.letters, range };
    },
  };
}

function writeRow(
  value: LogRecord['value'],
  route: Route | undefined,
  sections: RowSections,
  place: RecordPlace,
): Micros {
  if (value === null || route === undefined)
    throw new MillraceError('EVENT_MALFORMED', 'the value is not in the Confluent wire format');
  if (route instanceof MillraceError) throw route;
  return route.transcoder.write(sections.writerFor(route, place.recordedAt), value, place, PAYLOAD_AT);
}
