import { formatInstant, MillraceError } from '@millrace/kernel';

/** How values of a ClickHouse type stand in RowBinary. */
export interface CellType {
  /** Where a value ends that begins at a place; beyond the bytes when they do not have all of it. */
  skip(bytes: Buffer, at: number): number;
  /** A value in words. */
  show(bytes: Buffer, at: number): string;
}

/** Past the end of any buffer. */
const CUT = Number.MAX_SAFE_INTEGER;

/** Reads the name of a type, such as `Array(Nullable(Float64))`. @throws MillraceError INTERNAL for a type that is not known here. */
export function cellType(type: string): CellType {
  const known = plain[type];
  if (known !== undefined) return known;
  const [outer, inner] = splitType(type);
  switch (outer) {
    case 'DateTime64':
      return dateTime(Number(/^\d+/.exec(inner)?.[0] ?? '0'));
    case 'FixedString':
      return fixed(Number(inner), (bytes, at) => bytes.toString('latin1', at, at + Number(inner)));
    case 'LowCardinality':
      return cellType(inner);
    case 'Nullable':
      return nullable(cellType(inner));
    case 'Array':
      return list([cellType(inner)], '[', ']');
    case 'Map':
      return list(membersOf(inner).map(cellType), '{', '}');
    case 'Tuple':
      return tuple(membersOf(inner).map((member) => cellType(withoutName(member))));
    default:
      throw new MillraceError('INTERNAL', `values of the ClickHouse type ${type} cannot be compared`);
  }
}

const text: CellType = {
  skip(bytes, at) {
    const { value, end } = varUint(bytes, at);
    return end + value;
  },
  show(bytes, at) {
    const { value, end } = varUint(bytes, at);
    return JSON.stringify(bytes.toString('utf8', end, end + value));
  },
};

const plain: Readonly<Record<string, CellType>> = {
  Bool: fixed(1, (bytes, at) => (bytes[at] === 0 ? 'false' : 'true')),
  UInt8: fixed(1, (bytes, at) => String(bytes.readUInt8(at))),
  UInt16: fixed(2, (bytes, at) => String(bytes.readUInt16LE(at))),
  UInt32: fixed(4, (bytes, at) => String(bytes.readUInt32LE(at))),
  UInt64: fixed(8, (bytes, at) => String(bytes.readBigUInt64LE(at))),
  UInt128: fixed(16, (bytes, at) =>
    String((bytes.readBigUInt64LE(at + 8) << 64n) | bytes.readBigUInt64LE(at)),
  ),
  Int32: fixed(4, (bytes, at) => String(bytes.readInt32LE(at))),
  Int64: fixed(8, (bytes, at) => String(bytes.readBigInt64LE(at))),
  Float32: fixed(4, (bytes, at) => showFloat(bytes.readFloatLE(at))),
  Float64: fixed(8, (bytes, at) => showFloat(bytes.readDoubleLE(at))),
  UUID: fixed(16, uuidAt),
  String: text,
};

/** A UUID; each half has its bytes reversed. */
export function uuidAt(bytes: Buffer, at: number): string {
  const half = (from: number) => bytes.readBigUInt64LE(from).toString(16).padStart(16, '0');
  const hex = half(at) + half(at + 8);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function showFloat(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function fixed(size: number, show: CellType['show']): CellType {
  return { skip: (_, at) => at + size, show };
}

function dateTime(digits: number): CellType {
  const unit = 10n ** BigInt(6 - digits);
  return fixed(8, (bytes, at) => formatInstant(bytes.readBigInt64LE(at) * unit));
}

function nullable(type: CellType): CellType {
  return {
    skip(bytes, at) {
      const mark = bytes[at];
      if (mark === undefined) return CUT;
      return mark === 1 ? at + 1 : type.skip(bytes, at + 1);
    },
    show: (bytes, at) => (bytes[at] === 1 ? 'null' : type.show(bytes, at + 1)),
  };
}

function tuple(types: readonly CellType[]): CellType {
  return {
    skip: (bytes, at) => types.reduce((end, type) => (end > bytes.length ? CUT : type.skip(bytes, end)), at),
    show: (bytes, at) => `(${showAll(types, bytes, at).join(', ')})`,
  };
}

/** Members one after the other, their number before them. */
function list(types: readonly CellType[], open: string, close: string): CellType {
  return {
    skip(bytes, at) {
      const { value, end } = varUint(bytes, at);
      let next = end;
      for (let index = 0; index < value && next <= bytes.length; index += 1) {
        for (const type of types) next = type.skip(bytes, next);
      }
      return next;
    },
    show(bytes, at) {
      const { value, end } = varUint(bytes, at);
      const members: string[] = [];
      let next = end;
      for (let index = 0; index < value; index += 1) {
        members.push(showAll(types, bytes, next).join(': '));
        for (const type of types) next = type.skip(bytes, next);
      }
      return open + members.join(', ') + close;
    },
  };
}

function showAll(types: readonly CellType[], bytes: Buffer, at: number): string[] {
  let next = at;
  return types.map((type) => {
    const shown = type.show(bytes, next);
    next = type.skip(bytes, next);
    return shown;
  });
}

function varUint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return { value: 0, end: CUT };
}

function splitType(type: string): readonly [string, string] {
  const at = type.indexOf('(');
  return at < 0 ? [type, ''] : [type.slice(0, at), type.slice(at + 1, -1)];
}

/** The members between commas that are not inside brackets. */
function membersOf(inner: string): string[] {
  const members: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < inner.length; at += 1) {
    const sign = inner[at];
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (sign === ',' && depth === 0) {
      members.push(inner.slice(start, at).trim());
      start = at + 1;
    }
  }
  members.push(inner.slice(start).trim());
  return members;
}

/** Members of tuples have names: `kind LowCardinality(String)`. */
function withoutName(member: string): string {
  const at = member.search(/[ (]/);
  return at > 0 && member[at] === ' ' ? member.slice(at + 1) : member;
}
