import { setTimeout as wait } from 'node:timers/promises';
import { describeError } from '@millrace/kernel';
import { afterwards } from './views.ts';
import { putDefinitions, type FuzzWorld } from './world.ts';
import { openOfflineView, readOnline } from './stores.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 200;
const json = { 'content-type': 'application/json' };

/**
 * Whether everybody still does his work: a view that is registered now reaches the gateway, both projectors and the
 * feature server, and a model can be released.
 *
 * @returns what does not work.
 */
export async function checkAfterwards(world: FuzzWorld): Promise<readonly string[]> {
  const { services } = world;
  const checks: Readonly<Record<string, () => Promise<void>>> = {
    'registering a view': () => putDefinitions(services.registry.url, [afterwards.definition]),
    'a row through the gateway into both stores': () => rowReachesStores(world),
    'the models': () => expectOk(`${services.registry.url}/v1/models`),
    'the windows of the monitor': () => expectOk(`${services.monitor.url}/v1/windows`),
    ...Object.fromEntries(
      Object.entries(services).map(([name, { url }]) => [
        `${name} is ready`,
        () => expectOk(`${url}/health/ready`),
      ]),
    ),
  };
  const problems: string[] = [];
  for (const [what, check] of Object.entries(checks)) {
    try {
      await check();
    } catch (error) {
      problems.push(`${what}: ${describeError(error)}`);
    }
  }
  return problems;
}

async function rowReachesStores({ services, stack }: FuzzWorld): Promise<void> {
  const view = afterwards.definition.name;
  const response = await fetch(`${services.gateway.url}/v1/features/${view}`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ rows: [{ sensor: 1, eventTime: '2020-01-01T00:00:00Z', value: 1 }] }),
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const offline = openOfflineView(stack);
  try {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const online = await readOnline(services['feature-server'].url, view, [{ sensor: 1 }]).catch(() => []);
      const rows = await offline.rows(`features.${view}`).catch(() => new Set());
      if (online[0] !== undefined && rows.size > 0) return;
      if (performance.now() > until)
        throw new Error(`online ${String(online[0])}, offline ${rows.size} rows`);
      await wait(POLL_MS);
    }
  } finally {
    await offline.close();
  }
}

async function expectOk(url: string): Promise<void> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
}
