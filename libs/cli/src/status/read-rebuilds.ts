import type { PartitionSpan } from '@millrace/event-log';
import { type StoresConfig, withServer } from '../io/stores.ts';
import { measureProgress, type TopicProgress } from '../rebuild/measure.ts';
import { generationsOf, type StoreName, storeNames } from '../rebuild/rebuild-target.ts';

/** How far the rebuild of one topic is. */
export interface RebuildStatus extends TopicProgress {
  readonly store: StoreName;
}

/** The rebuilds that are under way, in the stores that answer. */
export async function readRebuilds(
  config: StoresConfig,
  spans: ReadonlyMap<string, readonly PartitionSpan[]>,
): Promise<readonly RebuildStatus[]> {
  const log = { spans: async (topic: string) => spans.get(topic) ?? [] };
  const found = await Promise.all(
    storeNames.map((store) =>
      withServer(
        () => generationsOf(store, config),
        async (generations) => {
          const building = (await generations.list()).filter(({ state }) => state === 'building');
          const progress = await measureProgress({ log, generations }, building);
          return progress.map((topic): RebuildStatus => ({ store, ...topic }));
        },
      ),
    ),
  );
  return found.flatMap((answer) => (answer.ok ? answer.value : []));
}
