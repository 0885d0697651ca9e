import { z } from 'zod';
import { systemClock } from '@millrace/kernel';
import { collectionConfigShape } from '@millrace/online-store';
import { verify } from '@millrace/verification';
import type { World } from '../world.ts';

/** What `millrace verify` found, as far as a run is judged by it. */
export interface Proof {
  readonly lost: number;
  readonly doubled: number;
  readonly differences: number;
  readonly examples: readonly string[];
}

const WAIT_MS = 180_000;

/** Conservation and parity of everything, by the library behind `millrace verify`. */
export async function prove(world: World): Promise<Proof> {
  const { log, registry, catalog, onlineStore, clickhouse } = world;
  const { onlineProjectorGcHorizon: collectionHorizon } = z.object(collectionConfigShape).parse({});
  const parts = { log, registry, catalog, onlineStore, clickhouse, clock: systemClock, collectionHorizon };
  const { conservation, parity, differences, pending, stale } = await verify(parts, { waitMs: WAIT_MS });
  const { lost, doubled, unknown, differing } = conservation.counts;
  return {
    lost,
    doubled: doubled + unknown,
    differences: parity.differences + differing + pending.length + stale.length,
    examples: [
      ...differences.map((difference) => JSON.stringify(difference, bigintsAsText)),
      ...[...pending, ...stale].map((one) => `not reached: ${JSON.stringify(one, bigintsAsText)}`),
    ],
  };
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
