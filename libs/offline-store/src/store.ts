import type { ClickHouseClient } from '@clickhouse/client';
import type { RegisteredView } from '@millrace/feature-registry';
import {
  type AppliedPartition,
  appliedPartitions,
  type AppliedRange,
  recordApplied,
} from './clickhouse/applied-ranges.ts';
import { storeErrors } from './clickhouse/errors.ts';
import { insertBlock, type RowBlock } from './clickhouse/insert.ts';
import { migrate } from './clickhouse/migrations.ts';
import type { Deployment } from './clickhouse/table.ts';
import { ensureFeatureTable } from './feature-table/evolve.ts';
import type { OfflineStore } from './port.ts';

/**
 * The offline store in ClickHouse; its tables are made, or brought up to date, first.
 *
 * @throws MillraceError STORE_UNAVAILABLE, INTERNAL
 */
export async function openOfflineStore(
  client: ClickHouseClient,
  deployment: Deployment,
): Promise<OfflineStore> {
  await asked('the tables', () => migrate(client, deployment));
  return {
    ensureView: (view: RegisteredView) =>
      asked(`the table of ${view.definition.name}`, () => ensureFeatureTable(client, view, deployment)),
    insert: (block: RowBlock) => insertBlock(client, block),
    recordApplied: (ranges: readonly AppliedRange[]) =>
      asked('applied ranges', () => recordApplied(client, ranges)),
    async resumeFrom(topic, epoch, partition) {
      const applied = await asked('applied ranges', () => appliedPartitions(client, [topic]));
      const found = applied.find((each) => each.epoch === epoch && each.partition === partition);
      return found?.next ?? 0n;
    },
    applied: (topics: readonly string[]): Promise<readonly AppliedPartition[]> =>
      asked('applied ranges', () => appliedPartitions(client, topics)),
  };
}

function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  return storeErrors(`${what} in ClickHouse`)(ask);
}
