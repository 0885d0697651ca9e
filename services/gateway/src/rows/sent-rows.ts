import { crc32 } from 'node:zlib';
import type { RowIssue } from '@millrace/feature-registry/row';

/** Bytes of the wire format's frame and of the length of the id, which is the first field of every event. */
const ID_AT = 6;
const ID_BYTES = 36;

/** What the events of a request look like, for {@link SentRows}. */
export interface SentRequest {
  /** Bytes of the end of the envelope: producer and trace, which another attempt may have otherwise. */
  readonly sourceBytes: number;
  /** Whether the event time is always given; else the gateway may have filled it in, and it tells nothing. */
  readonly timed: boolean;
}

/**
 * The contents of rows that this instance wrote lately under an `Idempotency-Key`, by event id. Of several records
 * with one id only the first counts, so a row that brings other contents under an id that was used would be taken and
 * have no effect; it is refused instead. A help against mistakes, no promise: other instances know nothing of it.
 */
export class SentRows {
  readonly #half: number;
  /** The newer and the older half: dropping one whole is cheaper than one row at a time. */
  #newer = new Map<string, number>();
  #older: ReadonlyMap<string, number> = new Map();

  /** @param limit rows to remember, at most; half of that at least. Each takes about 150 bytes. */
  constructor(limit = 100_000) {
    this.#half = limit / 2;
  }

  /** What is wrong with sending this event, or undefined. */
  check(event: Buffer, request: SentRequest): RowIssue | undefined {
    const id = idOf(event);
    const known = this.#newer.get(id) ?? this.#older.get(id);
    if (known === undefined || known === contentOf(event, request)) return undefined;
    return {
      path: '',
      code: 'IDEMPOTENCY_KEY_REUSED',
      message:
        'a row of this number was accepted under this Idempotency-Key with other contents; send other rows under another key',
    };
  }

  /** Kafka has this event. */
  remember(event: Buffer, request: SentRequest): void {
    if (this.#newer.size >= this.#half) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(idOf(event), contentOf(event, request));
  }
}

function idOf(event: Buffer): string {
  return event.toString('latin1', ID_AT, ID_AT + ID_BYTES);
}

function contentOf(event: Buffer, { sourceBytes, timed }: SentRequest): number {
  const time = ID_AT + ID_BYTES;
  let source = time;
  while ((event[source] ?? 0) >= 0x80) source += 1;
  source += 1;
  // A view that gains features writes a zero more for each that a row does not have.
  let end = event.length;
  while (end > source && event[end - 1] === 0) end -= 1;
  const content = crc32(event.subarray(source + sourceBytes, end));
  return timed ? crc32(event.subarray(time, source), content) : content;
}
