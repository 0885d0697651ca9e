import { liveGenerations, physicalTable, rawNameOf, storeError } from '@millrace/offline-store';
import type { VerificationParts } from './parts.ts';

/** The tables in which the offline store has the rows of some topics, of the generations that are read. */
export class LiveTables {
  readonly #live: ReadonlyMap<string, number>;

  constructor(live: ReadonlyMap<string, number>) {
    this.#live = live;
  }

  /** The generation of a topic that is read. */
  generation(topic: string): number {
    return this.#live.get(topic) ?? 1;
  }

  /** The table with the rows of a topic. */
  of(topic: string): string {
    return physicalTable(rawNameOf(topic) ?? topic, this.generation(topic));
  }

  isSame(other: LiveTables): boolean {
    return [...this.#live].every(([topic, generation]) => other.generation(topic) === generation);
  }
}

/**
 * Looks at the live generations of topics. The names that analysts use are not asked: they follow a switch a moment
 * later. Where another generation goes live meanwhile, what was found is of no use, and the work is done again.
 *
 * @throws MillraceError STORE_UNAVAILABLE, and what `work` throws.
 */
export async function inLiveTables<T>(
  parts: Pick<VerificationParts, 'clickhouse'>,
  topics: readonly string[],
  work: (tables: LiveTables) => Promise<T>,
): Promise<T> {
  for (;;) {
    const tables = await readLive(parts, topics);
    try {
      const result = await work(tables);
      if (tables.isSame(await readLive(parts, topics))) return result;
    } catch (error) {
      // The one before may have been dropped by now.
      if (tables.isSame(await readLive(parts, topics))) throw error;
    }
  }
}

async function readLive(
  { clickhouse }: Pick<VerificationParts, 'clickhouse'>,
  topics: readonly string[],
): Promise<LiveTables> {
  try {
    return new LiveTables(await liveGenerations(clickhouse, topics));
  } catch (cause) {
    throw storeError('generations in ClickHouse', cause);
  }
}
