import type { ClickHouseClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { views } from '../definitions.ts';
import { insertRate } from '../limits/bare-clickhouse.ts';
import { writeRate } from '../limits/bare-ioredis.ts';
import { HISTORY_ROWS } from '../rows.ts';
import type { Measurement, Scenario } from '../scenario.ts';

const EVENTS = HISTORY_ROWS * views.length;

/** Redis emptied, and filled again from the log. */
export const rebuildOnline: Scenario = {
  name: 'rebuild-online',
  async run(bench) {
    const positions = await bench.history();
    await bench.stopProjector('online-projector');
    const redis = new Redis(bench.stack.redis.url);
    await redis.flushall();
    await redis.quit();
    const seconds = await timed(async () => {
      await bench.startProjector('online-projector');
      await bench.applied([positions], 'online');
    });
    return measured(seconds, { name: 'bare-ioredis', rate: await writeRate(bench.stack.redis.url, EVENTS) });
  },
};

/** Every table dropped, and filled again from the log. */
export const rebuildOffline: Scenario = {
  name: 'rebuild-offline',
  async run(bench) {
    const positions = await bench.history();
    await bench.stopProjector('offline-projector');
    await dropTables(bench.clickhouse);
    const seconds = await timed(async () => {
      await bench.startProjector('offline-projector');
      await bench.applied([positions], 'offline');
    });
    return measured(seconds, { name: 'bare-clickhouse-insert', rate: await insertRate(bench, EVENTS) });
  },
};

async function dropTables(clickhouse: ClickHouseClient): Promise<void> {
  const query = 'SELECT name, engine FROM system.tables WHERE database = currentDatabase()';
  const answer = await clickhouse.query({ query, format: 'JSONEachRow' });
  const tables = z.array(z.object({ name: z.string(), engine: z.string() })).parse(await answer.json());
  for (const { name, engine } of tables) {
    const kind = engine === 'View' ? 'VIEW' : 'TABLE';
    await clickhouse.command({ query: `DROP ${kind} \`${name}\` SYNC` });
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
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
