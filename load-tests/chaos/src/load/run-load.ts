import type { Chance } from '../random.ts';
import type { World } from '../world.ts';
import { eventsOf } from './events.ts';
import { loadGateways } from './gateway-load.ts';
import { loadKafka } from './kafka-load.ts';
import type { Ledger } from './ledger.ts';
import type { Quota } from './quota.ts';

/** What the load is. */
export interface LoadOptions {
  readonly world: World;
  readonly seed: number;
  readonly events: number;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly quota: Quota;
  /** Whether requests carry their `Idempotency-Key`. */
  readonly withKeys: boolean;
  readonly signal: AbortSignal;
}

const DAY_MS = 86_400_000;
const HTTP_CLIENTS = 4;

/** Writes through the gateways and straight to Kafka. Resolves when the quota is over and all is acknowledged. */
export async function runLoad(options: LoadOptions): Promise<void> {
  const { world, seed, events, chance, ledger, quota, withKeys, signal } = options;
  const { platform, log, catalog } = world;
  const common = { quota, ledger, signal, eventOf: eventsOf(seed, (Date.now() - DAY_MS) * 1000, events) };
  const urls = platform.gateways.map(({ url }) => url);
  await Promise.all([
    loadGateways({ ...common, urls, withKeys, chance: chance.fork('gateways'), clients: HTTP_CLIENTS }),
    loadKafka({ ...common, log, catalog, chance: chance.fork('kafka') }),
  ]);
}
