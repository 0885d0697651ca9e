import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, startServices, stackVariables } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { bucketOf } from '@millrace/online-store';
import { KeyCodec } from '@millrace/events';
import { testStack, uniqueName } from '@millrace/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { run } from '../program.ts';
import { recordedTerminal } from '../testing/recorded-terminal.ts';

const services: readonly ServiceName[] = ['gateway', 'registry', 'online-projector', 'offline-projector'];
const name = uniqueName('verified');
const key = `${name}_id`;
const definitions = [
  { kind: 'entity', name: `${name}_airport`, keys: { [key]: 'string' }, owner: 'ops' },
  {
    kind: 'feature-view',
    name,
    entity: `${name}_airport`,
    ttl: null,
    features: { delay: { type: 'double' } },
    owner: 'ops',
  },
];

let running: Running<{ readonly redis: Redis }>;
beforeAll(async () => {
  running = await startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-verify-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const addresses = await starter.start(() => startServices(testStack(), { folder, services }));
    for (const [variable, value] of Object.entries(stackVariables(testStack()))) vi.stubEnv(variable, value);
    for (const service of services) {
      vi.stubEnv(`MILLRACE_${service.replaceAll('-', '_').toUpperCase()}_URL`, addresses[service].url);
    }
    starter.onStop(() => void vi.unstubAllEnvs());
    const redis = new Redis(testStack().redis.url);
    starter.onStop(() => redis.disconnect());
    const rows = Array.from({ length: 300 }, (_, i) => `SF${i % 50},2001-01-01T00:00:${10 + (i % 49)}Z,${i}`);
    const csv = join(folder, 'history.csv');
    await writeFile(csv, `${key},at,delay\n${rows.join('\n')}\n`);
    const file = join(folder, 'definitions.json');
    await writeFile(file, JSON.stringify(definitions));
    await millrace('apply', file, '--yes');
    await millrace('import', csv, '--view', name, '--event-time', 'at');
    return { redis };
  });
});
afterAll(() => running.stop());

async function millrace(...args: readonly string[]) {
  const terminal = recordedTerminal();
  const code = await run(args, terminal);
  return { code, written: terminal.written(), complaints: terminal.complaints() };
}

it('proves that the stores are equal, then says what somebody has changed', async () => {
  const verify = ['verify', '--view', name, '--wait', '60s'];
  const equal = await millrace(...verify);
  expect(equal.complaints).not.toContain('failed');
  expect(equal).toMatchObject({ code: exitCodes.ok, written: expect.stringMatching(/Equal: both stores/) });
  expect(equal.written).toMatch(new RegExp(`features.${name} +300 +300 +0 +0 +300 +0`));
  expect(equal.written).toMatch(new RegExp(`${name} +50 +50 +0`));

  const bytes = new KeyCodec({ [key]: 'string' }).encode({ [key]: 'SF7' });
  const hash = Buffer.concat([Buffer.from(`millrace:2:{${bucketOf(bytes)}}:e:${name}_airport:`), bytes]);
  const row = await running.value.redis.hgetBuffer(hash, name);
  row?.writeDoubleLE(-0, row.length - 8);
  await running.value.redis.hset(hash, name, row ?? '');
  const changed = await millrace(...verify);
  expect(changed.code).toBe(exitCodes.refused);
  expect(changed.written).toMatch(
    new RegExp(`differing \\(online\\) ${name} · ${key}=SF7 · delay\\n +Redis has a value that the log`),
  );
  expect(changed.written).toMatch(/Redis: +2001-.*, delay=-0\n/);
  const json = await millrace(...verify, '--json', '--buckets', String(bucketOf(bytes)));
  expect(JSON.parse(json.written)).toMatchObject({
    outcome: 'different',
    counts: { differing: 1 },
    differences: [{ kind: 'differing', origin: { offset: expect.any(String) } }],
  });
});

it('refuses views and buckets that there are not', async () => {
  expect(await millrace('verify', '--view', 'nobody')).toMatchObject({ code: exitCodes.notFound });
  expect(await millrace('verify', '--buckets', '5-1024')).toMatchObject({ code: exitCodes.usage });
});
