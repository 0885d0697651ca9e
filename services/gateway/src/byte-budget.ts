import { MillraceError } from '@millrace/kernel';

/** Bytes that one request holds of the budget. */
export interface Reservation {
  /** Takes more. @throws MillraceError OVERLOADED */
  grow(bytes: number): void;
  /** Gives some back. */
  shrink(bytes: number): void;
  /** Gives all back. */
  release(): void;
}

/**
 * Bounds the bytes of request bodies that are being read or written to Kafka. Under more load than Kafka takes,
 * memory would grow with every request that waits; so it is refused instead, and the sender waits.
 */
export class ByteBudget {
  readonly #limit: number;
  readonly #onChange: (taken: number) => void;
  #taken = 0;

  constructor(limit: number, onChange: (taken: number) => void) {
    this.#limit = limit;
    this.#onChange = onChange;
  }

  /** @throws MillraceError OVERLOADED when the bytes do not fit beside what is under way. */
  reserve(bytes: number): Reservation {
    let held = 0;
    const change = (by: number) => {
      held += by;
      this.#taken += by;
      this.#onChange(this.#taken);
    };
    const grow = (more: number) => {
      // A body larger than the whole budget still gets its turn, alone.
      if (this.#taken > held && this.#taken + more > this.#limit) {
        throw new MillraceError(
          'OVERLOADED',
          `more than ${this.#limit} bytes are under way; try again in a moment`,
        );
      }
      change(more);
    };
    grow(bytes);
    return { grow, shrink: (less) => change(-Math.min(less, held)), release: () => change(-held) };
  }
}
