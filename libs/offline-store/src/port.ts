import type { RegisteredView } from '@millrace/feature-registry';
import type { AppliedPartition, AppliedRange } from './clickhouse/applied-ranges.ts';
import type { RowBlock } from './clickhouse/insert.ts';

/**
 * The offline store, as the projector fills it. Everything may be done twice without harm, in any order, as long
 * as ranges are recorded after their rows.
 *
 * Every method throws MillraceError STORE_UNAVAILABLE where trying again can succeed.
 */
export interface OfflineStore {
  /**
   * Makes the table of a generation of a view, or adds the columns that its definition gained; before rows that need
   * them.
   */
  ensureView(view: RegisteredView, generation: number): Promise<void>;
  /** Makes the table of a generation of a topic of lifecycle events. */
  ensureTopic(topic: string, generation: number): Promise<void>;
  /** Inserts rows into the table of a generation; atomic. */
  insert(block: RowBlock): Promise<void>;
  /** Says that ranges of the log are stored. To be called once their rows were acknowledged. */
  recordApplied(ranges: readonly AppliedRange[]): Promise<void>;
  /** Where to go on in a partition: the end of what a generation has stored without a gap from offset 0. */
  resumeFrom(topic: string, epoch: number, partition: number, generation: number): Promise<bigint>;
  /** How far the partitions of topics are stored, in the generations that are read. */
  applied(topics: readonly string[]): Promise<readonly AppliedPartition[]>;
}
