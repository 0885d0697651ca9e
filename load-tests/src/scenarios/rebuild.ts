import { setTimeout as wait } from 'node:timers/promises';
import { featureTopic } from '@millrace/events';
import { clickHouseGenerations } from '@millrace/offline-store';
import { connectRedisOnlineStore } from '@millrace/online-store';
import type { Generations } from '@millrace/processing';
import { views } from '../definitions.ts';
import { insertRate } from '../limits/bare-clickhouse.ts';
import { writeRate } from '../limits/bare-ioredis.ts';
import { HISTORY_ROWS } from '../rows.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const EVENTS = HISTORY_ROWS * views.length;
const LONGEST_MS = 600_000;
/** Asking more often would be a load of its own: each question takes ClickHouse some 5 ms of processor time. */
const ASK_EVERY_MS = 200;

/** A generation of five views built from the log beside the live one, until Redis is read from it. */
export const rebuildOnline: Scenario = {
  name: 'rebuild-online',
  async run(bench) {
    await bench.history();
    const { url } = bench.stack.redis;
    const store = await connectRedisOnlineStore({ url });
    try {
      const seconds = await rebuild(store.value.generations);
      return measured(seconds, { name: 'bare-ioredis', rate: await writeRate(url, EVENTS) });
    } finally {
      await store.stop();
    }
  },
};

/** A generation of five views built from the log beside the live one, until ClickHouse is read from it. */
export const rebuildOffline: Scenario = {
  name: 'rebuild-offline',
  async run(bench) {
    await bench.history();
    const seconds = await rebuild(clickHouseGenerations(bench.clickhouse, { cluster: '' }));
    return measured(seconds, { name: 'bare-clickhouse-insert', rate: await insertRate(bench, EVENTS) });
  },
};

/** What `millrace rebuild` does, while the services run. @returns seconds from the request to the switch. */
async function rebuild(generations: Generations): Promise<number> {
  const started = performance.now();
  const asked = await generations.request(
    views.map(({ definition: { name } }) => ({ topic: featureTopic(name), until: null })),
  );
  for (;;) {
    const now = await generations.list();
    const live = asked.every(({ topic, number }) =>
      now.some((known) => known.topic === topic && known.number === number && known.state === 'live'),
    );
    const elapsed = performance.now() - started;
    if (live) return elapsed / 1_000;
    if (elapsed > LONGEST_MS) throw new Error(`the rebuild was not live after ${LONGEST_MS / 1_000} s`);
    await wait(ASK_EVERY_MS);
  }
}

/** One rebuild is one measurement: its whole time stands for both percentiles. */
function measured(seconds: number, limit: Measurement['limit']): Measurement {
  return {
    rate: EVENTS / seconds,
    p50: seconds * 1_000,
    p99: seconds * 1_000,
    limit,
    details: { events: EVENTS, seconds },
  };
}
