import type { KeyColumns, KeyColumnType } from '@millrace/events';
import { identifier } from '@millrace/offline-store';
import { BUCKETS } from '@millrace/online-store';

/** The record key of a row of a view's table, as an expression: what `KeyCodec` encodes from its key columns. */
export function keyInSql(keys: KeyColumns): string {
  const parts = Object.entries(keys).map(([name, type]) => columnInSql(identifier(name), type));
  return parts.length === 1 ? (parts[0] ?? '') : `concat(${parts.join(', ')})`;
}

/** The bucket of the online store that a record key belongs to, as an expression. */
export function bucketInSql(key: string): string {
  return `toUInt16(bitAnd(kafkaMurmurHash(${key}), 2147483647) % ${BUCKETS})`;
}

function columnInSql(column: string, type: KeyColumnType): string {
  switch (type) {
    case 'bool':
      return `char(toUInt8(${column}))`;
    case 'int':
      return varint(zigzag(column), 5);
    case 'long':
      return varint(zigzag(column), 10);
    case 'string':
      // A record is shorter than 2^27 bytes.
      return `concat(${varint(`toUInt64(length(${column})) * 2`, 4)}, ${column})`;
    default:
      return type satisfies never;
  }
}

/** The smallest number has no negative of its own: one is added before and after. */
function zigzag(column: string): string {
  const negative = `toUInt64(-(toInt64(${column}) + 1)) * 2 + 1`;
  return `if(${column} < 0, ${negative}, toUInt64(${column}) * 2)`;
}

/**
 * Seven bits a byte, the lowest first, and a mark on all bytes but the last. The value gets a name in a lambda: written
 * out at each place, the server would take seconds to read the query.
 */
function varint(value: string, most: number): string {
  const more = Array.from({ length: most - 1 }, (_, index) => `(z >= ${2n ** BigInt(7 * (index + 1))})`);
  const bytes = Array.from({ length: most }, (_, index) => {
    const low = `bitAnd(bitShiftRight(z, ${7 * index}), 127)`;
    return more[index] === undefined ? low : `${low} + 128 * ${more[index]}`;
  });
  return `arrayMap(z -> substring(char(${bytes.join(', ')}), 1, 1 + ${more.join(' + ')}), [toUInt64(${value})])[1]`;
}
