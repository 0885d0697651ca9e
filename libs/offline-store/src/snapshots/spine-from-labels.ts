import type { ClickHouseClient } from '@clickhouse/client';
import { topics } from '@millrace/events';
import type { Micros } from '@millrace/kernel';
import { z } from 'zod';
import { identifier, literal } from '../clickhouse/sql.ts';
import { laterCopies } from '../clickhouse/table.ts';
import { eventTables } from '../event-tables/views.ts';
import { physicalTable } from '../generations/physical-table.ts';
import type { JoinView } from '../point-in-time/join-view.ts';
import { knownRecords } from '../point-in-time/query.ts';
import type { ResolvedKnowledge } from './knowledge.ts';
import { keyColumns } from './spine-checks.ts';
import { staged, type StagedColumn } from './staged-column.ts';

/** The labels of a model as a spine: its predictions in a time, with their newest labels. */
export interface LabelSpine {
  readonly model: string;
  /** The name of the label. */
  readonly name: string;
  /** First event time of the predictions. */
  readonly from: Micros;
  /** First event time after them. */
  readonly until: Micros;
}

/** The column with the times of a spine that was made of labels. */
export const LABEL_SPINE_TIME = 'event_time';

/**
 * Makes a spine of the predictions of a model that have a label: prediction id, entity key, the prediction's event
 * time and the newest label that is known. A label's own time would be later than what the model could know.
 */
export async function stageLabels(
  client: ClickHouseClient,
  table: string,
  spine: LabelSpine,
  views: readonly JoinView[],
  knowledge: ResolvedKnowledge,
): Promise<readonly StagedColumn[]> {
  const types = await labelTypes(client, spine, knowledge);
  const label = labelColumn(types);
  const keys = [...keyColumns(views).keys()];
  const keyExpressions = keys.map(
    (key) =>
      `if(mapContains(p.entity_key, ${literal(key)}), p.entity_key[${literal(key)}], NULL) AS ${identifier(key)}`,
  );
  await client.command({
    query: `
      CREATE TABLE ${identifier(table)} ENGINE = Log AS
      SELECT ${[
        'toNullable(p.prediction_id) AS prediction_id',
        ...keyExpressions,
        `toNullable(p.event_time) AS ${LABEL_SPINE_TIME}`,
        `${label.expression} AS label`,
      ].join(', ')}
      FROM (${predictions(knowledge)}) AS p
      INNER JOIN (${newestLabels(knowledge)}) AS l ON p.prediction_id = l.prediction_id
      ORDER BY p.event_time, p.prediction_id`,
    query_params: parameters(spine),
  });
  return [
    staged('prediction_id', 'String'),
    ...keys.map((key) => staged(key, 'String')),
    staged(LABEL_SPINE_TIME, "DateTime64(6, 'UTC')"),
    staged('label', label.type),
  ];
}

function predictions({ vector, live }: ResolvedKnowledge): string {
  const table = physicalTable(eventTables.predictions.table.name, live.get(topics.predictions.name) ?? 1);
  const known = knownRecords(topics.predictions.name, 0, vector);
  const where = `model = {model: String} AND ${known}`;
  return `
    SELECT prediction_id, entity_key, event_time FROM ${table}
    WHERE ${where} AND event_time >= fromUnixTimestamp64Micro({from: Int64}, 'UTC')
      AND event_time < fromUnixTimestamp64Micro({until: Int64}, 'UTC')
      AND as_of_key NOT IN (${laterCopies(table, where)})
    ORDER BY as_of_key LIMIT 1 BY prediction_id`;
}

function newestLabels({ vector, live }: ResolvedKnowledge): string {
  const table = physicalTable(eventTables.labels.table.name, live.get(topics.labels.name) ?? 1);
  const known = knownRecords(topics.labels.name, 0, vector);
  const where = `name = {name: String} AND model IN ('', {model: String}) AND prediction_id != '' AND ${known}`;
  return `
    SELECT * FROM (
      SELECT prediction_id, value, value_type, value_number FROM ${table}
      WHERE ${where} AND as_of_key NOT IN (${laterCopies(table, where)})
      ORDER BY as_of_key DESC LIMIT 1 BY prediction_id)
    WHERE value IS NOT NULL`;
}

function parameters({ model, name, from, until }: LabelSpine): Record<string, string> {
  return { model, name, from: String(from), until: String(until) };
}

const typesRow = z.array(z.object({ types: z.array(z.string()) }));

async function labelTypes(
  client: ClickHouseClient,
  spine: LabelSpine,
  knowledge: ResolvedKnowledge,
): Promise<readonly string[]> {
  const answer = await client.query({
    query: `SELECT arraySort(groupUniqArray(toString(l.value_type))) AS types
            FROM (${predictions(knowledge)}) AS p
            INNER JOIN (${newestLabels(knowledge)}) AS l ON p.prediction_id = l.prediction_id`,
    query_params: parameters(spine),
    format: 'JSONEachRow',
  });
  return typesRow.parse(await answer.json())[0]?.types ?? [];
}

/** Labels of one type keep it; whole and broken numbers become numbers, anything else becomes text. */
function labelColumn(types: readonly string[]): { readonly type: string; readonly expression: string } {
  const [only] = types;
  if (types.length === 1 && only === 'bool')
    return { type: 'Bool', expression: "CAST(l.value_number = 1, 'Nullable(Bool)')" };
  if (types.length === 1 && only === 'long') return { type: 'Int64', expression: 'toInt64OrNull(l.value)' };
  if (types.length > 0 && types.every((type) => type === 'double' || type === 'long'))
    return { type: 'Float64', expression: 'l.value_number' };
  return { type: 'String', expression: 'l.value' };
}
