import { type EventId, namedEventId } from '@millrace/events';
import { type MeantEvent, type Source, sources } from './events.ts';

/** The greatest event time that was sent for a view of an entity, and the events that have it. */
export interface ExpectedWinner {
  eventTime: number;
  readonly events: number[];
}

/** How an event was sent: its id can be made again from this. */
export interface SentAs {
  /** The `Idempotency-Key` of its request, or undefined for an event that went straight to Kafka. */
  readonly request: string | undefined;
  readonly row: number;
}

/** The producer that the gateway's requests name. */
export const PRODUCER = 'chaos';

/** The id of an event that goes straight to Kafka. */
export function directId(n: number): EventId {
  return namedEventId('chaos-direct', String(n));
}

/** The id that the gateway gives an event. */
export function requestId(request: string, row: number): EventId {
  return namedEventId(PRODUCER, request, String(row));
}

/** What was sent and what was acknowledged, by the numbers of the events: the truth that stores are held to. */
export class Ledger {
  #source = new Uint8Array(1 << 16);
  #acknowledged = new Uint8Array(1 << 16);
  #deleted = new Uint8Array(1 << 16);
  /** By event, the number of the first event of its request, or -1. */
  #request = new Int32Array(1 << 16);
  #next = 0;
  #acknowledgedCount = 0;
  readonly #winners = new Map<string, Map<number, ExpectedWinner>>();
  /** Records that no consumer can read and that Kafka took in. */
  malformed = 0;
  /** Copies of events and requests that were sent once more on purpose. */
  copies = 0;
  /** Requests that were tried again because no answer came. */
  retries = 0;

  /** Numbers for so many events. */
  reserve(count: number): number {
    const first = this.#next;
    this.#next += count;
    while (this.#next > this.#source.length) this.#grow();
    return first;
  }

  /** Notes an event before it is sent. */
  sent({ n, source, eventTime, entity, deleted }: MeantEvent, request: number): void {
    this.#source[n] = 1 + sources.indexOf(source);
    this.#deleted[n] = deleted ? 1 : 0;
    this.#request[n] = request;
    const known = this.#winners.get(source) ?? new Map<number, ExpectedWinner>();
    this.#winners.set(source, known);
    const winner = known.get(entity);
    if (winner === undefined || winner.eventTime < eventTime) known.set(entity, { eventTime, events: [n] });
    else if (winner.eventTime === eventTime) winner.events.push(n);
  }

  /** Notes that the log has these events. */
  acknowledge(first: number, count: number): void {
    for (let n = first; n < first + count; n++) {
      if (this.#acknowledged[n] === 0) this.#acknowledgedCount += 1;
      this.#acknowledged[n] = 1;
    }
  }

  /** Events that were sent. */
  get events(): number {
    return this.#next;
  }

  /** Events that the log is said to have. */
  get acknowledged(): number {
    return this.#acknowledgedCount;
  }

  isAcknowledged(n: number): boolean {
    return this.#acknowledged[n] === 1;
  }

  isDeletion(n: number): boolean {
    return this.#deleted[n] === 1;
  }

  /** The source that an event was sent to; undefined when there is no such event. */
  sourceOf(n: number): Source | undefined {
    return sources[(this.#source[n] ?? 0) - 1];
  }

  /** The id that an event has in the log, when requests carry their keys. */
  idOf(n: number): EventId {
    const request = this.#request[n] ?? -1;
    return request < 0 ? directId(n) : requestId(requestKey(request), n - request);
  }

  /** Whether the event went straight to Kafka. */
  isDirect(n: number): boolean {
    return (this.#request[n] ?? -1) < 0;
  }

  /** For each entity of a view that was sent, by its number, what must win. */
  winnersOf(source: Source): ReadonlyMap<number, ExpectedWinner> {
    return this.#winners.get(source) ?? new Map();
  }

  #grow(): void {
    this.#source = grown(this.#source, (length) => new Uint8Array(length));
    this.#acknowledged = grown(this.#acknowledged, (length) => new Uint8Array(length));
    this.#deleted = grown(this.#deleted, (length) => new Uint8Array(length));
    this.#request = grown(this.#request, (length) => new Int32Array(length));
  }
}

/** The `Idempotency-Key` of the request whose first event has this number. */
export function requestKey(first: number): string {
  return `request-${first}`;
}

function grown<A extends Uint8Array | Int32Array>(old: A, make: (length: number) => A): A {
  const larger = make(old.length * 2);
  larger.set(old);
  return larger;
}
