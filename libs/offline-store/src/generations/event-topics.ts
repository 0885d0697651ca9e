import { viewOfTopic } from '@millrace/events';
import type { TableDefinition } from '../clickhouse/table.ts';
import { eventTables } from '../event-tables/views.ts';
import { rawTableName } from '../feature-table/feature-table.ts';

/** The tables of lifecycle events under their stable names, by topic. */
export const eventTopics: ReadonlyMap<string, TableDefinition> = new Map(
  Object.values(eventTables).map(({ topic, table }) => [topic, table]),
);

/** The stable name of the raw rows of a topic; undefined for a topic that the store does not keep. */
export function rawNameOf(topic: string): string | undefined {
  const view = viewOfTopic(topic);
  return view === undefined ? eventTopics.get(topic)?.name : rawTableName(view);
}
