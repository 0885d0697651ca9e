import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { Pool } from 'undici';
import { z } from 'zod';
import { mergePositions } from '@millrace/client';
import { type ServiceAddresses, type StackAddresses, startServices, startStack } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { definitions, views } from './definitions.ts';
import { inParallel } from './measure.ts';
import { HISTORY_ROWS, historyBodies } from './rows.ts';

/** Next offset by topic and partition, as writes answer it. */
export type Positions = z.infer<typeof writtenSchema>['positions'];

const writtenSchema = z.object({
  accepted: z.number(),
  positions: z.record(z.string(), z.record(z.string(), z.coerce.number())),
});

/** The platform under load. */
export interface Bench {
  readonly stack: StackAddresses;
  readonly services: ServiceAddresses<'gateway' | 'feature-server' | 'registry'>;
  readonly gateway: Pool;
  readonly featureServer: Pool;
  readonly clickhouse: ClickHouseClient;
  /** Writes rows and resolves with where they stand. @throws Error when a row was refused */
  write(view: string, body: string): Promise<Positions>;
  /** Resolves when both stores, or one of them, have all up to these positions. */
  applied(positions: readonly Positions[], store?: 'online' | 'offline'): Promise<void>;
  /** Writes the history of five views, once in a run; resolves when both stores have it. */
  history(): Promise<Positions>;
}

/** Starts the platform in a folder of its own, with the definitions of the benchmarks. */
export function startBench(): Promise<Running<Bench>> {
  return startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const stack = await starter.start(() => startStack({ folder }));
    const env = { MILLRACE_LOG_LEVEL: 'warn' };
    const services = await starter.start(() =>
      startServices(stack, {
        folder,
        env,
        services: ['gateway', 'feature-server', 'registry', 'online-projector', 'offline-projector'],
      }),
    );
    const pool = (url: string) => {
      const created = new Pool(url, { connections: 64 });
      starter.onStop(() => created.close());
      return created;
    };
    const gateway = pool(services.gateway.url);
    const featureServer = pool(services['feature-server'].url);
    const registry = pool(services.registry.url);
    const { url, user: username, password, database } = stack.clickhouse;
    const clickhouse = createClient({ url, username, password, database });
    starter.onStop(() => clickhouse.close());

    await putDefinitions(registry);
    const write = (view: string, body: string) => writeRows(gateway, view, body);
    const applied = async (positions: readonly Positions[], store?: 'online' | 'offline') => {
      const all = mergePositions(positions);
      if (store !== 'offline') await appliedOnline(featureServer, all);
      if (store !== 'online') await appliedOffline(clickhouse, all);
    };
    let history: Promise<Positions> | undefined;
    const writeHistory = async () => {
      const written: Positions[] = [];
      for (const [index, { definition }] of views.entries()) {
        await inParallel([...historyBodies(index, 2_000)], 4, async (body) =>
          written.push(await write(definition.name, body)),
        );
      }
      await applied(written);
      await expectRows(
        clickhouse,
        views.map(({ definition }) => definition.name),
      );
      return mergePositions(written);
    };
    return {
      stack,
      services,
      gateway,
      featureServer,
      clickhouse,
      write,
      applied,
      history: () => (history ??= writeHistory()),
    };
  });
}

const json = { 'content-type': 'application/json' };

async function putDefinitions(registry: Pool): Promise<void> {
  const body = JSON.stringify({ definitions });
  const answer = await registry.request({ method: 'PUT', path: '/v1/definitions', headers: json, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`the definitions were refused: ${text}`);
}

async function writeRows(gateway: Pool, view: string, body: string): Promise<Positions> {
  const answer = await gateway.request({ method: 'POST', path: `/v1/features/${view}`, headers: json, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 200)
    throw new Error(`rows were refused: ${answer.statusCode} ${text.slice(0, 500)}`);
  return writtenSchema.parse(JSON.parse(text)).positions;
}

async function appliedOnline(featureServer: Pool, minPositions: Positions): Promise<void> {
  const body = JSON.stringify({ service: 'bench_service', entities: [{ user_id: 0 }], minPositions });
  for (;;) {
    const answer = await featureServer.request({ method: 'POST', path: '/v1/online', headers: json, body });
    const text = await answer.body.text();
    if (answer.statusCode === 200) return;
    // The server waits for a bounded time only.
    if (answer.statusCode < 503) throw new Error(`the online read failed: ${answer.statusCode} ${text}`);
  }
}

const appliedSchema = z.array(
  z.object({ topic: z.string(), partition: z.coerce.string(), last: z.coerce.number() }),
);

async function appliedOffline(clickhouse: ClickHouseClient, positions: Positions): Promise<void> {
  for (;;) {
    const answer = await clickhouse.query({
      query:
        'SELECT topic, partition, max(last_offset) AS last FROM applied_ranges GROUP BY topic, partition',
      format: 'JSONEachRow',
    });
    const rows = appliedSchema.parse(await answer.json());
    const last = new Map(rows.map((row) => [`${row.topic}/${row.partition}`, row.last]));
    const missing = Object.entries(positions).some(([topic, partitions]) =>
      Object.entries(partitions).some(
        ([partition, offset]) => (last.get(`${topic}/${partition}`) ?? -1) < offset,
      ),
    );
    if (!missing) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function expectRows(clickhouse: ClickHouseClient, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const answer = await clickhouse.query({
      query: `SELECT count() AS rows FROM features_${name}`,
      format: 'JSONEachRow',
    });
    const [row] = z.array(z.object({ rows: z.coerce.number() })).parse(await answer.json());
    if (row?.rows !== HISTORY_ROWS)
      throw new Error(`features_${name} has ${row?.rows} rows instead of ${HISTORY_ROWS}`);
  }
}
