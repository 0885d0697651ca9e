/** ClickHouse's own default for HTTP. */
export const fallbackFormat = 'TabSeparated';

const contentTypes: readonly (readonly [RegExp, string])[] = [
  [
    /^(JSON|JSONCompact|JSONStrings|JSONColumnsWithMetadata|JSONCompactColumns|JSONColumns)$/,
    'application/json; charset=UTF-8',
  ],
  [/^JSON.*EachRow/, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/, 'application/json; charset=UTF-8'],
  [/^CSVWithNames/, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/, 'text/csv; charset=UTF-8; header=absent'],
  [/^(TabSeparated|TSV|Raw)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^ArrowStream$/, 'application/vnd.apache.arrow.stream'],
  [/^Arrow$/, 'application/vnd.apache.arrow.file'],
  [/^Parquet$/, 'application/vnd.apache.parquet'],
  [/^XML$/, 'application/xml; charset=UTF-8'],
  [/^(RowBinary|Native|Avro|ORC|MsgPack|Protobuf|CapnProto|BSON|Npy)/, 'application/octet-stream'],
];

/** Content type of a result in a format, as ClickHouse's server names it. */
export function contentTypeOf(format: string): string {
  return contentTypes.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8';
}
