import { type AvroType, compileAvro, type EventId, type KeyValue } from '@millrace/events';
import type { FeatureValue, RegisteredView } from '@millrace/feature-registry';
import { rawTableName } from '../feature-table/feature-table.ts';
import { compileTranscoder } from '../feature-table/transcoder.ts';
import type { OfflineStore } from '../port.ts';
import { physicalTable } from '../generations/physical-table.ts';
import { RowWriter } from '../row-binary/row-writer.ts';

/** A row of a view as a test writes it. */
export interface TestRow {
  readonly eventId: EventId;
  readonly key: Readonly<Record<string, KeyValue>>;
  readonly eventTime: bigint;
  readonly partition: number;
  readonly offset: bigint;
  readonly values: Readonly<Record<string, FeatureValue>> | null;
  readonly recordedAt?: bigint;
}

const RECORDED_AT = 1_700_000_000_000_000n;

/** Writes rows of a view in one block, the way the projector does. */
export async function writeRows(
  store: OfflineStore,
  view: RegisteredView,
  rows: readonly TestRow[],
  generation = 1,
): Promise<void> {
  if (rows.length === 0) return;
  const avro: AvroType = compileAvro(JSON.parse(view.schema));
  const transcoder = compileTranscoder(view, view.schemaId, view.schema, 600_000_000n);
  const writer = new RowWriter();
  for (const { eventId, eventTime, key, values, partition, offset, recordedAt } of rows) {
    const envelope = {
      eventId,
      eventTime,
      producer: { service: 'test', version: null, commit: null },
      traceparent: null,
    };
    const payload = avro.toBuffer({ envelope, key, values });
    transcoder.write(writer, payload, {
      epoch: view.epoch,
      partition,
      offset,
      recordedAt: recordedAt ?? RECORDED_AT,
    });
  }
  await store.insert({
    table: physicalTable(rawTableName(view.definition.name), generation),
    columns: transcoder.columns,
    ...writer.take(),
    token: `${view.definition.name} ${rows[0]?.partition}:${rows[0]?.offset} ${rows.length}`,
  });
}
