import type { Minutes } from './minutes.ts';

/**
 * Count and sum of the values of the last `span` minutes: as of `t`, of those in `[t − span, t)`. The values
 * are whole numbers, so that taking one out again leaves no rest behind.
 */
export class RollingSum {
  readonly #span: Minutes;
  #times: Minutes[] = [];
  #values: number[] = [];
  #first = 0;
  #sum = 0;

  constructor(span: Minutes) {
    this.#span = span;
  }

  /** Takes in a value. Times come in order. */
  add(time: Minutes, value: number): void {
    const last = this.#times.at(-1);
    if (last !== undefined && time < last) throw new RangeError(`minute ${time} comes after minute ${last}`);
    this.#times.push(time);
    this.#values.push(value);
    this.#sum += value;
  }

  /** As of `t`, which is past every value and never goes back. */
  asOf(t: Minutes): { readonly count: number; readonly sum: number } {
    for (
      let time = this.#times[this.#first];
      time !== undefined && time < t - this.#span;
      time = this.#times[this.#first]
    ) {
      this.#sum -= this.#values[this.#first] ?? 0;
      this.#first++;
    }
    this.#compact();
    return { count: this.#times.length - this.#first, sum: this.#sum };
  }

  /** Values that have left are dropped by halves: each is moved once on average. */
  #compact(): void {
    if (this.#first < 64 || this.#first * 2 < this.#times.length) return;
    this.#times = this.#times.slice(this.#first);
    this.#values = this.#values.slice(this.#first);
    this.#first = 0;
  }
}
