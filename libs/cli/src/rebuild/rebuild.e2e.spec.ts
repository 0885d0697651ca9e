import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergePositions } from '@millrace/client';
import { repositoryRoot } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { type RebuildWorld, startRebuildWorld } from '../testing/rebuild-world.ts';
import {
  features,
  names,
  type RebuiltViews,
  ROWS,
  startRebuiltViews,
  topics,
  user,
  viewNamed,
  visits,
} from '../testing/rebuilt-views.ts';
import { type StoreName, storeNames } from './rebuild-target.ts';

const GRACE = '16s';
const options = {
  // So that a killed projector is missed soon; the least that brokers take by default.
  MILLRACE_KAFKA_SESSION_TIMEOUT_MS: '6000',
  MILLRACE_ONLINE_PROJECTOR_GENERATION_GRACE: GRACE,
  MILLRACE_OFFLINE_PROJECTOR_GRACE: GRACE,
};
const WAIT = { timeout: 90_000, interval: 50 };

let running: Running<unknown>;
let world: RebuildWorld;
let stores: RebuiltViews;

beforeAll(async () => {
  running = await startTogether(async (starter) => {
    world = await starter.start(() => startRebuildWorld(options));
    stores = await starter.start(() => startRebuiltViews(world));
  });
}, 240_000);
afterAll(() => running.stop());

/** Does something again and again until `until` settles, and collects what went wrong. */
async function throughout(
  until: Promise<unknown>,
  work: () => Promise<void>,
): Promise<{ times: number; problems: unknown[] }> {
  const state = { over: false };
  const end = () => {
    state.over = true;
  };
  void until.then(end, end);
  const done = { times: 0, problems: [] as unknown[] };
  while (!state.over) {
    await work().catch((error: unknown) => void done.problems.push(error));
    done.times += 1;
    await wait(20);
  }
  return done;
}

const summary = z.looseObject({
  state: z.string(),
  events: z.number(),
  seconds: z.number(),
  rate: z.number(),
});

const views = names.flatMap((name) => ['--view', name]);

/** Does it with each store, both at once: most of the time goes into waiting for Kafka to miss who was killed. */
async function withBoth(
  work: (store: StoreName, projector: `${StoreName}-projector`) => Promise<void>,
): Promise<void> {
  await Promise.all(storeNames.map((store) => work(store, `${store}-projector`)));
}

describe('millrace rebuild', () => {
  it('builds beside what is read, and changes over while reads and writes go on', async () => {
    await withBoth(async (store) => {
      await expect.poll(() => stores.caughtUp(store), WAIT).toBe(true);
      const before = await stores.readStill(store);
      const rebuilt = world.millrace(['rebuild', store, ...views, '--yes', '--json']);
      let n = 1_000_000;
      const busy = { user_id: store === 'online' ? 77_777 : 88_888 };
      const [reads, writes] = await Promise.all([
        throughout(rebuilt, async () => expect(await stores.readStill(store)).toEqual(before)),
        throughout(rebuilt, async () => {
          n += 1;
          const written = await Promise.all(
            names.map((name) => world.client.features(name).write([{ ...busy, n, eventTime: new Date() }])),
          );
          if (store === 'offline') return;
          const minPositions = mergePositions(written.map(({ positions }) => positions));
          const { rows } = await world.client.online.read({ features }, [busy], {
            minPositions,
          });
          expect(Object.values(rows[0]?.values ?? {})).toEqual([n, n]);
        }),
      ]);
      const { code, written, complaints } = await rebuilt;
      expect([code, complaints]).toEqual([exitCodes.ok, expect.stringContaining('records, ')]);
      const told = summary.parse(JSON.parse(written));
      expect(told.state).toBe('live');
      expect(told.events).toBeGreaterThanOrEqual(2 * ROWS);
      expect(reads).toMatchObject({ problems: [], times: expect.any(Number) });
      expect(writes.problems).toEqual([]);
      expect(Math.min(reads.times, writes.times)).toBeGreaterThan(2);
      expect(await stores.liveNumbers(store)).toEqual([2, 2]);
      await expect.poll(() => stores.caughtUp(store), WAIT).toBe(true);
      expect(await stores.readStill(store)).toEqual(before);
    });
  });

  it('goes on where it was after the projector was killed in the midst', async () => {
    await withBoth(async (store, projector) => {
      const before = await stores.readStill(store);
      await world.stop(projector);
      const asked = await world.millrace(['rebuild', store, ...views, '--yes', '--no-wait']);
      expect(asked).toMatchObject({ code: exitCodes.ok, written: expect.stringContaining('--cancel') });
      // Small fetches, so that there is a midst.
      const variable = `MILLRACE_${projector.replace('-', '_').toUpperCase()}_FETCH_BYTES`;
      await world.start(projector, { ...options, [variable]: '1024' });
      const { generations } = stores.target(store);
      const done = async () => {
        const held = await Promise.all(topics.map((topic) => generations.applied({ topic, number: 3 })));
        return held.flatMap((offsets) => [...offsets.values()]).reduce((sum, next) => sum + Number(next), 0);
      };
      await expect.poll(done, { ...WAIT, interval: 5 }).toBeGreaterThan(0);
      await world.kill(projector);
      const atTheKill = await done();
      expect(await stores.liveNumbers(store)).toEqual([2, 2]);
      expect(atTheKill).toBeLessThan(2 * ROWS);
      expect(await stores.readStill(store)).toEqual(before);

      const shown = world.millrace(['status', '--json']);
      expect((await shown).written).toContain('"rebuilds"');
      const followed = world.millrace(['rebuild', store]);
      await world.start(projector, options);
      expect(await followed).toMatchObject({
        code: exitCodes.ok,
        complaints: expect.stringContaining('is under way'),
        written: expect.stringContaining('is rebuilt and live'),
      });
      expect(await stores.liveNumbers(store)).toEqual([3, 3]);
      expect(await stores.readStill(store)).toEqual(before);
    });
  });

  it('takes a view that is registered later from its first row', async () => {
    await withBoth(async (store) => {
      const late = viewNamed(`rebuild_late_${store}`);
      const file = await world.file(`late-${store}.json`, JSON.stringify([user, late.definition]));
      expect(await world.millrace(['apply', file, '--yes'])).toMatchObject({ code: exitCodes.ok });
      await world.client.features(late).write([{ user_id: 1n, n: 7n, eventTime: new Date() }]);
      const { name } = late.definition;
      await expect.poll(() => stores.readOnly(store, name), WAIT).toBe(7);
      const known = (await stores.target(store).generations.list()).map(({ topic }) => topic);
      expect(known).not.toContain(`features.${name}`);
    });
  });

  it('shows what the present definitions and rules say of the whole log', async () => {
    const grown = { ...visits.definition, features: { n: { type: 'long' }, m: { type: 'long' } } };
    const file = await world.file('grown.json', JSON.stringify([user, grown]));
    expect(await world.millrace(['apply', file, '--yes'])).toMatchObject({ code: exitCodes.ok });
    const rich = { user_id: 66_666 };
    await world.client
      .features(visits.definition.name)
      .write([{ ...rich, n: 1, m: 2, eventTime: new Date() }]);
    await withBoth(async (store, projector) => {
      const read = () => stores.readChanged(store, rich);
      await expect.poll(read, WAIT).toEqual([null, 2, null]);
      await world.stop(projector);
      await world.start(projector, { ...options, MILLRACE_MAX_AHEAD: '1d' });
      expect(await read()).toEqual([null, 2, null]);
      expect(await world.millrace(['rebuild', store, ...views, '--yes'])).toMatchObject({
        code: exitCodes.ok,
      });
      await expect.poll(read, WAIT).toEqual([1, 2, null]);
    });
  });

  it('refuses what cannot be, and is given up by --cancel', async () => {
    await withBoth(async (store, projector) => {
      const topic = topics[0] ?? '';
      const live = await stores.liveNumbers(store);
      const refused = await world.millrace(['rebuild', store, '--view', 'nobody', '--yes']);
      expect(refused).toMatchObject({
        code: exitCodes.notFound,
        complaints: expect.stringMatching(/nobody/),
      });
      const beyond = [
        'rebuild',
        store,
        '--view',
        names[0] ?? '',
        '--to-offset',
        `${topic}/0=99999999`,
        '--yes',
      ];
      expect(await world.millrace(beyond)).toMatchObject({
        code: exitCodes.refused,
        complaints: expect.stringMatching(/must not lie beyond the log's end/),
      });
      expect(await world.millrace(['rebuild', store, ...views])).toMatchObject({
        code: exitCodes.usage,
        complaints: expect.stringMatching(/--yes rebuilds without asking/),
      });
      await world.stop(projector);
      const child = spawn(
        process.execPath,
        [join(repositoryRoot, 'libs/cli/src/main.ts'), 'rebuild', store, ...views, '--yes'],
        { env: { ...process.env, ...world.env } },
      );
      const [said, exited] = [text(child.stdout), once(child, 'exit')];
      await new Promise<void>((resolve) => {
        child.stderr.on('data', (chunk: Buffer) => {
          if (chunk.toString().includes(`No ${projector} works on it`)) resolve();
        });
      });
      child.kill('SIGINT');
      expect(await exited).toEqual([exitCodes.unavailable, null]);
      expect(await said).toMatch(/goes on without this command/);
      expect(await world.millrace(['rebuild', store, '--cancel'])).toMatchObject({ code: exitCodes.ok });
      expect(await world.millrace(['rebuild', store, '--cancel'])).toMatchObject({
        code: exitCodes.notFound,
      });
      expect(await stores.liveNumbers(store)).toEqual(live);
      await world.start(projector, options);
    });
  });
});

describe('a Redis that lost everything', () => {
  it('is filled again by itself, and a rebuild by command does no harm', async () => {
    const before = await stores.readStill('online');
    await world.emptyRedis();
    await expect.poll(() => stores.readStill('online'), WAIT).toEqual(before);
    await expect.poll(() => stores.caughtUp('online'), WAIT).toBe(true);
    const metrics = await fetch(`${world.env['MILLRACE_ONLINE_PROJECTOR_URL']}/metrics`);
    expect(await metrics.text()).toMatch(/online_projector_store_losses_total\{[^}]*\} [1-9]/);

    await world.stop('online-projector');
    await world.emptyRedis();
    await world.start('online-projector', options);
    const rebuilt = await world.millrace(['rebuild', 'online', '--yes', '--json']);
    expect(rebuilt.code).toBe(exitCodes.ok);
    expect(await stores.readStill('online')).toEqual(before);
  });
});
