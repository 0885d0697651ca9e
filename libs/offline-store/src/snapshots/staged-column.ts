/** A column of a spine as its file has it. */
export interface StagedColumn {
  readonly name: string;
  /** The ClickHouse type in which it is read. */
  readonly type: string;
  /** A time without a zone: two instants in the hour that repeats in autumn. */
  readonly isNaiveTime: boolean;
}

/** Formats in which a spine is taken and a snapshot is given. */
export const snapshotFormats = ['arrow', 'parquet', 'csv', 'ndjson'] as const;
/** See {@link snapshotFormats}. */
export type SnapshotFormat = (typeof snapshotFormats)[number];

/** A column that can be null. */
export function staged(name: string, type: string, isNaiveTime = false): StagedColumn {
  return { name, type: type.startsWith('Array') ? type : `Nullable(${type})`, isNaiveTime };
}
