import type { ClickHouseClient } from '@clickhouse/client';
import type { RegisteredView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import type { Generations } from '@millrace/processing';
import {
  type AppliedPartition,
  appliedIn,
  appliedPartitions,
  type AppliedRange,
  recordApplied,
} from './clickhouse/applied-ranges.ts';
import { storeError, storeErrors } from './clickhouse/errors.ts';
import { insertBlock, type RowBlock } from './clickhouse/insert.ts';
import { migrate } from './clickhouse/migrations.ts';
import { RangeFolding } from './clickhouse/range-folding.ts';
import { createTable, type Deployment } from './clickhouse/table.ts';
import { ensureFeatureTable } from './feature-table/evolve.ts';
import { eventTopics } from './generations/event-topics.ts';
import { clickHouseGenerations } from './generations/generations.ts';
import { physicalTable } from './generations/physical-table.ts';
import { readGenerations } from './generations/read-marks.ts';
import { StableNames } from './generations/stable-names.ts';
import type { OfflineStore } from './port.ts';

/** The offline store in ClickHouse, with what it knows of rebuilds. */
export interface ClickHouseOfflineStore extends OfflineStore {
  readonly generations: Generations;
}

/**
 * The offline store in ClickHouse; its tables are made, or brought up to date, first.
 *
 * @param onTrouble told of what failed and is tried again by itself: housekeeping on which no answer rests.
 * @throws MillraceError STORE_UNAVAILABLE, INTERNAL
 */
export async function openOfflineStore(
  client: ClickHouseClient,
  deployment: Deployment,
  onTrouble: (error: unknown) => void = () => undefined,
): Promise<ClickHouseOfflineStore> {
  const names = new StableNames(client, deployment);
  const folding = new RangeFolding(client, (error) => onTrouble(storeError('folding applied ranges', error)));
  await asked('the tables', async () => {
    // A service that started a moment later may have put the views of an earlier migration back.
    if (await migrate(client, deployment)) await names.settleEvents();
  });
  return {
    generations: clickHouseGenerations(client, deployment, names),
    ensureView: (view: RegisteredView, generation: number) =>
      asked(`the table of ${view.definition.name}`, async () => {
        await mustExist(client, view.topic, generation);
        names.remember(view);
        await ensureFeatureTable(client, view, generation, deployment);
        await names.settle(view.topic);
      }),
    ensureTopic: (topic: string, generation: number) =>
      asked(`the table of ${topic}`, async () => {
        const table = eventTopics.get(topic);
        if (table === undefined)
          throw new MillraceError('INTERNAL', `the topic ${topic} has no table in the offline store`);
        await mustExist(client, topic, generation);
        const name = physicalTable(table.name, generation);
        await client.command({ query: createTable({ ...table, name }, deployment) });
      }),
    insert: (block: RowBlock) => insertBlock(client, block),
    async recordApplied(ranges: readonly AppliedRange[]) {
      await asked('applied ranges', () => recordApplied(client, ranges));
      await folding.recorded(ranges.length);
    },
    async resumeFrom(topic, epoch, partition, number) {
      const applied = await asked('applied ranges', () => appliedIn(client, [{ topic, number }]));
      const found = applied.find((each) => each.epoch === epoch && each.partition === partition);
      return found?.next ?? 0n;
    },
    applied: (topics: readonly string[]): Promise<readonly AppliedPartition[]> =>
      asked('applied ranges', () => appliedPartitions(client, topics)),
  };
}

/** A generation that was dropped must not come back as an empty table. */
async function mustExist(client: ClickHouseClient, topic: string, generation: number): Promise<void> {
  const known = (await readGenerations(client, [topic])).get(topic);
  const exists =
    known === undefined ? generation === 1 : known.generations.some(({ number }) => number === generation);
  if (!exists)
    throw new MillraceError('INTERNAL', `generation ${generation} of ${topic} is not in the offline store`);
}

function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  return storeErrors(`${what} in ClickHouse`)(ask);
}
