import {
  Float64,
  makeVector,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { eventMicros, eventTime } from './gateway-fixture.ts';

/** Rows as lines. */
export const ndjson = (lines: readonly object[]) => lines.map((line) => JSON.stringify(line)).join('\n');

/** By media type, the body with a row for each airport code, numbered by `mean_delay`. */
export const featureBodies = {
  'application/json': (codes: readonly string[]) => ({
    rows: codes.map((code, index) => ({ airport: code, eventTime, mean_delay: index })),
  }),
  'application/x-ndjson': (codes: readonly string[]) =>
    ndjson(codes.map((code, index) => ({ airport: code, eventTime, mean_delay: index }))),
  'application/vnd.apache.arrow.stream': (codes: readonly string[]) =>
    tableToIPC(
      new Table({
        airport: vectorFromArray([...codes], new Utf8()),
        eventTime: makeVector({
          type: new TimestampMicrosecond('UTC'),
          data: BigInt64Array.from(codes, () => eventMicros),
          length: codes.length,
        }),
        mean_delay: vectorFromArray(
          codes.map((_, index) => index),
          new Float64(),
        ),
      }),
      'stream',
    ),
};
