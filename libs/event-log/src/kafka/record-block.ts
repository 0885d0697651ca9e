import type { IHeaders } from 'kafkajs';
import type { LogRecord } from '../port.ts';
import { replayOfIn } from './replay-header.ts';

/** A stretch of records as a broker keeps them: what Kafka calls a record batch, format 2, without its head. */
export interface RecordBlock {
  readonly bytes: Buffer;
  /** Where the first record begins. */
  readonly at: number;
  readonly count: number;
  /** The offset that the records count theirs from. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** The time that the records count theirs from, in milliseconds. */
  readonly baseTime: bigint;
  /** The time that the broker gave to all of them instead, in milliseconds. */
  readonly appendTime: bigint | undefined;
}

/**
 * Goes through the records of one partition, and makes each of them when it comes to it: while a fetch waits it is
 * nothing but bytes.
 */
export function* recordsOf(
  topic: string,
  partition: number,
  blocks: readonly RecordBlock[],
): Generator<LogRecord, void> {
  const cursor = new RecordCursor();
  for (const block of blocks) {
    const { count, baseOffset, baseTime, appendTime } = block;
    const recordedAt = (appendTime ?? 0n) * 1000n;
    cursor.reset(block);
    for (let index = 0; index < count; index += 1) {
      cursor.next();
      const record: LogRecord = {
        topic,
        partition,
        offset: BigInt(baseOffset + cursor.offsetDelta),
        recordedAt: appendTime === undefined ? (baseTime + cursor.timeDelta()) * 1000n : recordedAt,
        key: cursor.bytes(),
        value: cursor.bytes(),
      };
      const headers = cursor.headers();
      const replayOf = headers === undefined ? undefined : replayOfIn(headers);
      yield replayOf === undefined ? record : { ...record, replayOf };
    }
  }
}

/** The rest of a block from an offset on. */
export function blockFrom(block: RecordBlock, offset: number): RecordBlock {
  const { baseOffset } = block;
  const cursor = new RecordCursor();
  cursor.reset(block);
  let { at, count } = block;
  while (count > 0) {
    cursor.next();
    if (baseOffset + cursor.offsetDelta >= offset) break;
    at = cursor.end;
    count -= 1;
  }
  return { ...block, at, count };
}

/** Reads records where they lie. */
class RecordCursor {
  /** Where the next record begins. */
  end = 0;
  offsetDelta = 0;
  #source: Buffer = Buffer.alloc(0);
  #at = 0;
  #timeAt = 0;

  reset({ bytes, at }: RecordBlock): void {
    this.#source = bytes;
    this.end = at;
  }

  /** Goes to the next record, and past what comes before its key. */
  next(): void {
    this.#at = this.end;
    const length = this.#varInt();
    this.end = this.#at + length;
    // The attributes of a record have no meaning yet.
    this.#timeAt = this.#at + 1;
    this.#at = this.#timeAt;
    while ((this.#source[this.#at++] ?? 0) > 0x7f);
    this.offsetDelta = this.#varInt();
  }

  /** The time of the record, counted from that of its block. */
  timeDelta(): bigint {
    let bits = 0n;
    let at = this.#timeAt;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#source[at++] ?? 0;
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return BigInt.asIntN(64, (bits >> 1n) ^ -(bits & 1n));
  }

  /** What comes next: a key, or a value. */
  bytes(): Buffer | null {
    const size = this.#varInt();
    if (size < 0) return null;
    const from = this.#at;
    this.#at = from + size;
    return this.#source.subarray(from, from + size);
  }

  /** The headers, of which hardly any record has one. */
  headers(): IHeaders | undefined {
    const count = this.#varInt();
    if (count <= 0) return undefined;
    const headers: IHeaders = {};
    for (let index = 0; index < count; index += 1) {
      const name = String(this.bytes());
      const value = this.bytes() ?? undefined;
      const before = headers[name];
      headers[name] = before === undefined || value === undefined ? value : [before, value].flat();
    }
    return headers;
  }

  #varInt(): number {
    let bits = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#source[this.#at++] ?? 0;
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (bits >>> 1) ^ -(bits & 1);
    }
  }
}
