import type { RegisteredView } from '@millrace/feature-registry';
import { identifiers } from '../clickhouse/sql.ts';
import { createTable, type Deployment, onceView, type TableDefinition } from '../clickhouse/table.ts';
import { physicalTable } from '../generations/physical-table.ts';
import {
  featureColumns,
  headColumns,
  isArray,
  keyColumnType,
  presenceColumn,
  storedFeatures,
} from './columns.ts';

/** The stable name of the rows of a view as they came; a record can be there twice. */
export function rawTableName(view: string): string {
  return `features_${view}_raw`;
}

/** The view for analysts: each event once. */
export function featureViewName(view: string): string {
  return `features_${view}`;
}

/** The projection that serves windows: the same rows in the order of their event time. */
export const WINDOW_PROJECTION = 'by_event_time';

/** Its name and its rows. */
export const windowProjection = `${WINDOW_PROJECTION} (SELECT * ORDER BY event_time)`;

/** The table of a view's rows, under its stable name. */
export function featureTable(view: RegisteredView): TableDefinition {
  const { definition, entity } = view;
  const keys = Object.entries(entity.keys);
  return {
    name: rawTableName(definition.name),
    comment: `Rows of ${definition.name} as the log has them, copies included; ${featureViewName(definition.name)} shows each once. ${definition.description}`,
    columns: [
      ...headColumns,
      ...keys.map(([name, type]) => ({
        name,
        type: keyColumnType(type),
        comment: `Key of the entity ${entity.name}.`,
      })),
      {
        name: 'topic',
        type: 'LowCardinality(String)',
        comment: 'Topic of the record.',
        default: `'${view.topic}'`,
      },
      ...featureColumns(storedFeatures(view)),
    ],
    orderBy: [...keys.map(([name]) => name), 'as_of_key'],
    partitionBy: 'toYYYYMM(recorded_at)',
    projections: [`PROJECTION ${windowProjection}`],
  };
}

/** The statement that makes the table of a generation of a view. */
export function createFeatureTable(view: RegisteredView, generation: number, deployment: Deployment): string {
  const table = featureTable(view);
  return createTable({ ...table, name: physicalTable(table.name, generation) }, deployment);
}

/** The statement that makes the view of a generation for analysts, or replaces it by one with newer columns. */
export function createFeatureView(view: RegisteredView, generation: number, deployment: Deployment): string {
  const { definition } = view;
  const columns = [
    identifiers([...Object.keys(view.entity.keys), 'event_time']),
    identifiers(
      storedFeatures(view).flatMap(({ name, type }) =>
        isArray(type) ? [name, presenceColumn(name)] : [name],
      ),
    ),
    identifiers(headColumns.map(({ name }) => name).filter((name) => name !== 'event_time')),
    identifiers(['topic']),
  ];
  const comment = `${definition.description === '' ? `Rows of ${definition.name}` : definition.description} Each event once; deleted marks rows that take the values away. Owner: ${definition.owner}.`;
  return onceView(
    featureViewName(definition.name),
    physicalTable(rawTableName(definition.name), generation),
    columns,
    comment,
    deployment,
  );
}
