import { isUtf8 } from 'node:buffer';
import { MillraceError } from '@millrace/kernel';

/** Reads Avro's binary encoding in place, and refuses bytes that end too soon. */
export class AvroReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  /** The halves of the last {@link long}. */
  low = 0;
  high = 0;

  /** Begins with other bytes. */
  reset(bytes: Buffer, at = 0): void {
    this.bytes = bytes;
    this.at = at;
  }

  /** @throws MillraceError EVENT_MALFORMED */
  u8(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) truncated();
    this.at += 1;
    return byte;
  }

  /** Reads an int or long as two halves of 32 bits, `low` and `high`: no bigint is made. */
  long(): void {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let i = 0; ; i += 1) {
      if (i === 10) malformed('a number has more than ten bytes');
      const byte = this.u8();
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i < 8) middle |= bits << (7 * (i - 4));
      else high |= bits << (7 * (i - 8));
      if (byte < 0x80) break;
    }
    const first = low | (middle << 28);
    const second = (middle >>> 4) | (high << 24);
    const sign = -(first & 1);
    this.low = ((first >>> 1) | (second << 31)) ^ sign;
    this.high = (second >>> 1) ^ sign;
  }

  /** An int, read as {@link long}. @param name what it is, for the error. */
  int(name: string): void {
    this.long();
    if (this.low >> 31 !== this.high) malformed(`${name} does not fit 32 bits`);
  }

  /** @throws MillraceError EVENT_MALFORMED */
  boolean(): number {
    const byte = this.u8();
    if (byte > 1) malformed('a boolean is neither 0 nor 1');
    return byte;
  }

  /** A long that is a number of things or an index: small, and never negative. */
  count(): number {
    this.long();
    if (this.high !== 0 || this.low < 0) malformed('a length or index is negative or too large');
    return this.low;
  }

  /** The last {@link long} as a number: exact to 2^53. */
  get number(): number {
    return this.high * 4_294_967_296 + (this.low >>> 0);
  }

  /** The last {@link long} as a bigint. */
  get bigint(): bigint {
    const { number } = this;
    return Number.isSafeInteger(number)
      ? BigInt(number)
      : (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Goes on by bytes and returns where they began. */
  skip(size: number): number {
    const from = this.at;
    if (from + size > this.bytes.length) truncated();
    this.at = from + size;
    return from;
  }

  /** Reads the length of a string, goes past its text and returns where that began. The text must be UTF-8. */
  text(): number {
    const from = this.skip(this.count());
    for (let i = from; i < this.at; i += 1) {
      if ((this.bytes[i] ?? 0) > 0x7f) {
        if (!isUtf8(this.bytes.subarray(from, this.at))) malformed('a string is not UTF-8');
        break;
      }
    }
    return from;
  }

  /** @throws MillraceError EVENT_MALFORMED when bytes are left. */
  end(): void {
    if (this.at !== this.bytes.length)
      malformed(`${this.bytes.length - this.at} bytes are left after the record`);
  }
}

function truncated(): never {
  malformed('the record ends too soon');
}

function malformed(reason: string): never {
  throw new MillraceError('EVENT_MALFORMED', reason);
}
