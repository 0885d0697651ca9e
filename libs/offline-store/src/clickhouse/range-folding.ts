import type { ClickHouseClient } from '@clickhouse/client';
import { foldRanges, ongoing } from './fold-ranges.ts';

/** Ranges that are recorded between two looks for what can be folded. */
const EVERY = 1_000;

/**
 * Folds ranges now and then, as they are recorded: at the first ones, and after every thousand. What fails is told and
 * tried again after the next thousand; nothing rests on it but the time that reading takes.
 */
export class RangeFolding {
  readonly #client: ClickHouseClient;
  readonly #onTrouble: (error: unknown) => void;
  #left = 0;

  constructor(client: ClickHouseClient, onTrouble: (error: unknown) => void) {
    this.#client = client;
    this.#onTrouble = onTrouble;
  }

  /** To be called when so many ranges were recorded. */
  async recorded(ranges: number): Promise<void> {
    this.#left -= ranges;
    if (this.#left > 0) return;
    this.#left = EVERY;
    try {
      await foldRanges(this.#client, ongoing);
    } catch (error) {
      this.#onTrouble(error);
    }
  }
}
