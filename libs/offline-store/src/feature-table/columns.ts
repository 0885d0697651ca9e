import type { KeyColumnType } from '@millrace/events';
import type { FeatureType, RegisteredView, ScalarType } from '@millrace/feature-registry';
import { describeType } from '@millrace/feature-registry';
import { rowFeatures } from '@millrace/feature-registry/row';

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** ClickHouse's type. */
  readonly type: string;
  readonly comment: string;
}

/** The columns before the key and the features in every table of a view's rows, in the order of a row's head. */
export const headColumns: readonly Column[] = [
  { name: 'event_id', type: 'UUID', comment: 'Of several records with one id only the first counts.' },
  { name: 'event_time', type: "DateTime64(6, 'UTC')", comment: 'When the row was true in the world.' },
  { name: 'recorded_at', type: "DateTime64(3, 'UTC')", comment: 'When the log took the record.' },
  { name: 'epoch', type: 'UInt8', comment: 'How often the topic was made anew.' },
  { name: 'partition', type: 'UInt16', comment: 'Partition of the record.' },
  { name: 'offset', type: 'UInt64', comment: 'Offset of the record.' },
  { name: 'schema_id', type: 'Int32', comment: 'Schema in the registry that the record was written with.' },
  { name: 'deleted', type: 'Bool', comment: 'The row says that the entity has no values from here on.' },
  {
    name: 'as_of_key',
    type: 'UInt128',
    comment: 'Orders the events of the view: event time in biased microseconds << 64 | position in the log.',
  },
];

const scalars: Readonly<Record<ScalarType, string>> = {
  float: 'Float32',
  double: 'Float64',
  int: 'Int32',
  long: 'Int64',
  string: 'String',
  bool: 'Bool',
  timestamp: "DateTime64(6, 'UTC')",
};

/** The column type of a key column. */
export function keyColumnType(type: KeyColumnType): string {
  return scalars[type];
}

/** The column type of a feature: nullable, except arrays, which ClickHouse cannot make nullable. */
export function featureColumnType(type: FeatureType): string {
  if (typeof type === 'string') return `Nullable(${scalars[type]})`;
  return `Array(${scalars['array' in type ? type.array : type.embedding]})`;
}

/** Whether a type is an array, and so has a presence column beside it. */
export function isArray(type: FeatureType): type is Exclude<FeatureType, ScalarType> {
  return typeof type !== 'string';
}

/** The column that says whether an array was written; an array column itself is empty for null. */
export function presenceColumn(feature: string): string {
  return `${feature}__present`;
}

/** A feature that a table has a column for. */
export interface StoredFeature {
  readonly name: string;
  readonly type: FeatureType;
  readonly comment: string;
}

/**
 * The features that the table of a view has columns for: those of the definition, and those that only rows of
 * older schemas have, which analysts may still want.
 */
export function storedFeatures(view: RegisteredView): readonly StoredFeature[] {
  return rowFeatures(view).map(({ name, type, description }) => ({
    name,
    type,
    comment: commentOf(describeType(type), description),
  }));
}

function commentOf(type: string, description: string | undefined): string {
  if (description === undefined) return `No longer defined (${type})`;
  return description === '' ? type : `${description} (${type})`;
}

/** The columns of stored features, presence columns included. */
export function featureColumns(features: readonly StoredFeature[]): readonly Column[] {
  return features.flatMap(({ name, type, comment }) => {
    const column = { name, type: featureColumnType(type), comment };
    if (!isArray(type)) return [column];
    return [
      column,
      { name: presenceColumn(name), type: 'Bool', comment: `Whether ${name} was written; else null.` },
    ];
  });
}
