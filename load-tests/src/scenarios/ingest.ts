import { ingestView } from '../definitions.ts';
import { produceRate } from '../limits/bare-kafkajs.ts';
import { inParallel } from '../measure.ts';
import { bodyOf, rowText, rowTime } from '../rows.ts';
import type { Scenario } from '../scenario.ts';

const ROWS = 400_000;
const BATCH = 500;
const CLIENTS = 8;

/** Feature rows of ten features in batches of 500 through HTTP, until both stores have the last of them. */
export const ingest: Scenario = {
  name: 'ingest',
  async run(bench) {
    const view = ingestView.definition.name;
    const body = (batch: number) =>
      bodyOf(
        Array.from({ length: BATCH }, (_, i) => {
          const n = batch * BATCH + i;
          return rowText(n % 50_000, rowTime(n % 50_000, Math.floor(n / 50_000)), n);
        }),
      );
    const warmUp = await Promise.all(Array.from({ length: 40 }, (_, i) => bench.write(view, body(i))));
    await bench.applied(warmUp);
    const bodies = Array.from({ length: ROWS / BATCH }, (_, i) => body(i));
    const started = performance.now();
    const positions: Awaited<ReturnType<typeof bench.write>>[] = [];
    const { p50, p99, seconds } = await inParallel(bodies, CLIENTS, async (text) =>
      positions.push(await bench.write(view, text)),
    );
    await bench.applied(positions, 'online');
    const online = (performance.now() - started) / 1_000;
    await bench.applied(positions, 'offline');
    const both = (performance.now() - started) / 1_000;
    const limit = await produceRate(bench.stack.kafka.brokers, `features.${view}`, ROWS, BATCH);
    return {
      rate: ROWS / both,
      p50,
      p99,
      limit: { name: 'bare-kafkajs', rate: limit },
      details: { rows: ROWS, acknowledgedSeconds: seconds, onlineSeconds: online, bothSeconds: both },
    };
  },
};
