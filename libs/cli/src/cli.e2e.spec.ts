import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Running, startTogether } from '@millrace/kernel';
import { type ServiceName, startServices, stackVariables } from '@millrace/embedded';
import { testStack, uniqueName } from '@millrace/testing';
import { z } from 'zod';
import { exitCodes } from './exit-codes.ts';
import { run } from './program.ts';
import { recordedTerminal } from './testing/recorded-terminal.ts';

const services: readonly ServiceName[] = [
  'gateway',
  'feature-server',
  'registry',
  'online-projector',
  'offline-projector',
];
const name = uniqueName('cli');
const definitions = [
  { kind: 'entity', name: `${name}_airport`, keys: { [`${name}_id`]: 'string' }, owner: 'ops' },
  {
    kind: 'feature-view',
    name,
    entity: `${name}_airport`,
    ttl: '1d',
    features: { delay: { type: 'double' } },
    owner: 'ops',
  },
];

let running: Running<{ readonly folder: string }>;
beforeAll(async () => {
  running = await startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const addresses = await starter.start(() => startServices(testStack(), { folder, services }));
    for (const [variable, value] of Object.entries(stackVariables(testStack()))) vi.stubEnv(variable, value);
    for (const service of services) {
      vi.stubEnv(`MILLRACE_${service.replaceAll('-', '_').toUpperCase()}_URL`, addresses[service].url);
    }
    starter.onStop(() => void vi.unstubAllEnvs());
    return { folder };
  });
});
afterAll(() => running.stop());

async function millrace(args: readonly string[], answer?: string) {
  const terminal = recordedTerminal(answer);
  const code = await run(args, terminal);
  return { code, written: terminal.written(), complaints: terminal.complaints() };
}

async function file(called: string, text: string): Promise<string> {
  const path = join(running.value.folder, called);
  await writeFile(path, text);
  return path;
}

it('applies definitions after asking, and refuses what would break data', async () => {
  const path = await file('definitions.json', JSON.stringify(definitions));
  expect(await millrace(['apply', path])).toMatchObject({
    code: exitCodes.usage,
    complaints: expect.stringContaining('2 to create'),
  });
  expect(await millrace(['apply', path], 'n')).toMatchObject({ code: exitCodes.declined });
  expect(await millrace(['apply', path], 'y')).toMatchObject({ code: exitCodes.ok, written: 'Applied.' });
  expect(await millrace(['apply', path])).toMatchObject({
    code: exitCodes.ok,
    written: expect.stringContaining('2 unchanged'),
  });
  const broken = await file('broken.json', JSON.stringify(definitions).replace('double', 'string'));
  expect(await millrace(['apply', broken, '--yes'])).toMatchObject({
    code: exitCodes.refused,
    written: expect.stringContaining('delay is double and cannot become string'),
  });
  expect((await millrace(['describe', name])).written).toMatch(/delay\s+double/);
  expect((await millrace(['list', 'views', '--json'])).written).toContain(`"${name}"`);
  expect(await millrace(['describe', 'nobody'])).toMatchObject({ code: exitCodes.notFound });
});

it('imports history, once however often, and traces it to both stores', async () => {
  const rows = Array.from(
    { length: 500 },
    (_, i) => `SF${i % 5},2001-01-${String((i % 28) + 1).padStart(2, '0')}T00:00:00Z,${i}`,
  );
  const csv = await file('history.csv', `code,at,delay\n${rows.join('\n')}\nSF0,2001-01-01T00:00:00,1\n`);
  const importing = [
    'import',
    csv,
    '--view',
    name,
    '--event-time',
    'at',
    '--map',
    `${name}_id=code`,
    '--json',
  ];
  for (const batch of ['100', '70']) {
    const imported = await millrace([...importing, '--batch', batch]);
    expect(imported.code).toBe(exitCodes.refused);
    expect(JSON.parse(imported.written)).toMatchObject({
      accepted: 500,
      refused: 1,
      rejected: [{ index: 500, code: 'TIME_INVALID' }],
    });
  }
  const statusSchema = z.looseObject({
    topics: z.array(
      z.looseObject({
        topic: z.string(),
        onlineLag: z.string().nullable(),
        offlineLag: z.string().nullable(),
      }),
    ),
  });
  await vi.waitFor(
    async () => {
      const { topics } = statusSchema.parse(JSON.parse((await millrace(['status', '--json'])).written));
      expect(topics.find(({ topic }) => topic === `features.${name}`)).toMatchObject({
        records: '1000',
        onlineLag: '0',
        offlineLag: '0',
      });
    },
    { timeout: 90_000, interval: 500 },
  );
  const traced = await millrace(['trace', `${name}_id=SF1`, '--limit', '1000', '--json']);
  const trace = z
    .looseObject({
      offline: z.array(z.looseObject({ event_id: z.string() })),
      online: z.array(z.looseObject({ found: z.boolean(), eventId: z.string() })),
    })
    .parse(JSON.parse(traced.written));
  expect(trace.offline).toHaveLength(200);
  expect(new Set(trace.offline.map(({ event_id: id }) => id)).size).toBe(100);
  expect(trace.online).toMatchObject([{ view: name, found: true }]);
  const event = await millrace(['trace', trace.online[0]?.eventId ?? '']);
  expect(event).toMatchObject({ code: exitCodes.ok, written: expect.stringMatching(/served/) });
  expect(await millrace(['trace', '00000000-0000-7000-8000-000000000000'])).toMatchObject({
    code: exitCodes.notFound,
  });
});

it('makes, downloads and verifies a snapshot', async () => {
  const spine = await file(
    'spine.csv',
    `${name}_id,event_time\nSF1,2001-01-31T00:00:00Z\nSF2,2001-01-28T00:00:00Z\n`,
  );
  const out = join(running.value.folder, 'train.ndjson');
  const created = await millrace([
    'snapshot',
    'create',
    '--features',
    `${name}__delay`,
    '--spine',
    spine,
    '--out',
    out,
    '--json',
  ]);
  expect(created.code).toBe(exitCodes.ok);
  expect((await readFile(out, 'utf8')).trim().split('\n')).toHaveLength(2);
  const { id } = z.looseObject({ id: z.string() }).parse(JSON.parse(created.written));
  expect(await millrace(['snapshot', 'verify', id])).toMatchObject({ code: exitCodes.ok });
  expect(await millrace(['snapshot', 'get', 'nobody'])).toMatchObject({ code: exitCodes.notFound });
});
