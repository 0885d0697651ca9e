import type { FeatureType, RegisteredView } from '@millrace/feature-registry';
import { identifier, physicalTable, presenceColumn, rawTableName } from '@millrace/offline-store';
import type { WatchedColumn } from './histogram-query.ts';
import type { RowsSource } from './rows-source.ts';

/** The base rows of a generation of a feature view. */
export function viewRows(view: RegisteredView, generation: number): RowsSource {
  return {
    table: identifier(physicalTable(rawTableName(view.definition.name), generation)),
    topic: view.topic,
    epoch: view.epoch,
    filter: null,
    deletion: 'deleted',
  };
}

/** Every feature of a view, as it is watched. */
export function viewColumns(view: RegisteredView): readonly WatchedColumn[] {
  return Object.entries(view.definition.features).map(([name, { type }]) => watched(name, type));
}

function watched(name: string, featureType: FeatureType): WatchedColumn {
  const column = identifier(name);
  switch (featureType) {
    case 'float':
    case 'double':
      return { name, type: 'numeric', kind: 'real', expression: `toFloat64(${column})` };
    case 'int':
    case 'long':
      return { name, type: 'numeric', kind: 'integer', expression: `toInt64(${column})` };
    case 'timestamp':
      return { name, type: 'numeric', kind: 'integer', expression: `toUnixTimestamp64Micro(${column})` };
    case 'string':
      return { name, type: 'categorical', kind: 'integer', expression: column };
    case 'bool':
      return { name, type: 'categorical', kind: 'integer', expression: `toString(${column})` };
    default:
      // An array cannot be null in ClickHouse: a column beside it says whether it was written.
      featureType satisfies Exclude<FeatureType, string>;
      return {
        name,
        type: 'presence',
        kind: 'integer',
        expression: `nullIf(${identifier(presenceColumn(name))}, false)`,
      };
  }
}
