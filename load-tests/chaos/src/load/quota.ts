/** Lets through so many events as were granted, so that the load lasts as long as the faults. */
export class Quota {
  #granted = 0;
  #taken = 0;
  #waiting: { readonly count: number; readonly resolve: (granted: boolean) => void }[] = [];
  #closed = false;

  /** Events that were granted so far. */
  get granted(): number {
    return this.#granted;
  }

  /** Events that may still be taken. */
  get left(): number {
    return this.#granted - this.#taken;
  }

  /** Grants at least so many in all. */
  raiseTo(total: number): void {
    this.#granted = Math.max(this.#granted, total);
    this.#serve();
  }

  /** Grants more. What was taken beyond the grant, since it is taken in pieces, comes off it. */
  add(count: number): void {
    this.raiseTo(this.#granted + count);
  }

  /** Resolves to true when some may be taken, and to false when the load is over. */
  take(count: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
      this.#serve();
    });
  }

  /** No more is granted; what was granted may be taken. */
  close(): void {
    this.#closed = true;
    this.#serve();
  }

  #serve(): void {
    while (this.left > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#taken += next.count;
      next.resolve(true);
    }
    if (!this.#closed) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve(false);
  }
}
