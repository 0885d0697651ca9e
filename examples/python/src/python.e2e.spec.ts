import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createMillrace, mergePositions, type Millrace } from '@millrace/client';
import { repositoryRoot, type StackAddresses, startServices } from '@millrace/embedded';
import { KeyCodec, partitionOf } from '@millrace/events';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { type Running, startTogether } from '@millrace/kernel';
import { testStack, uniqueName } from '@millrace/testing';

const python = join(repositoryRoot, '.millrace', 'python', 'bin', 'python');
const airport = defineEntity({
  name: uniqueName('airport'),
  keys: { airport: 'string', runway: 'long' },
  owner: 'tests',
});
const departures = defineFeatureView({
  name: uniqueName('departures'),
  entity: airport,
  ttl: null,
  owner: 'tests',
  features: {
    mean_delay: { type: 'double' },
    departures: { type: 'long' },
    last_at: { type: 'timestamp' },
    carriers: { type: { array: 'string' } },
  },
});

let stack: StackAddresses;
let running: Running<Millrace>;
let clickhouse: ClickHouseClient;

beforeAll(async () => {
  stack = testStack();
  running = await startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-python-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const { url, user: username, password, database } = stack.clickhouse;
    clickhouse = createClient({
      url,
      username,
      password,
      database,
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    });
    starter.onStop(() => clickhouse.close());
    const services = await starter.start(() => startServices(stack, { folder }));
    return createMillrace({
      gatewayUrl: services.gateway.url,
      featureServerUrl: services['feature-server'].url,
      registryUrl: services.registry.url,
    });
  });
  await running.value.definitions.apply([airport, departures]);
});
afterAll(() => running.stop());

/** Runs a script of this example and gives the JSON of each line that it prints. */
function runPython(script: string, options: readonly string[], input = ''): Promise<unknown[]> {
  const servers = ['--brokers', stack.kafka.brokers.join(','), '--registry', stack.schemaRegistry.url];
  return new Promise((resolve, reject) => {
    const child = execFile(
      python,
      [join(import.meta.dirname, '..', script), ...servers, ...options],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${script}: ${stderr}`));
        else
          resolve(
            stdout
              .trim()
              .split('\n')
              .filter(Boolean)
              .map((line): unknown => JSON.parse(line)),
          );
      },
    );
    child.stdin?.end(input);
  });
}

async function readRows(query: string): Promise<unknown[]> {
  const answer = await clickhouse.query({ query, format: 'JSONEachRow' });
  return answer.json();
}

const placeSchema = z.object({ partition: z.number(), offset: z.number() });
const eventSchema = placeSchema.extend({
  key: z.string(),
  event: z.object({ key: z.unknown(), values: z.record(z.string(), z.unknown()).nullable() }),
});

const view = departures.definition.name;
const topic = `features.${view}`;
/** The default of the gateway and the registry. */
const PARTITIONS = 8;
const BIG = 9_007_199_254_740_993n;
const rows = [
  `{"key":{"airport":"Zürich","runway":${BIG}},"eventTime":"2001-01-31T13:45:00.000001Z",
    "values":{"mean_delay":4.5,"departures":-3,"last_at":981000000000001,"carriers":["LX","UA"]}}`,
  `{"key":{"airport":"SFO","runway":1},"eventTime":"2001-01-31T13:45:00Z",
    "values":{"mean_delay":null,"departures":2,"last_at":null,"carriers":[]}}`,
].map((row) => row.replaceAll(/\s*\n\s*/g, ''));

it('lets a Python producer write features that land in both stores, and read them back', async () => {
  const places = z
    .array(placeSchema)
    .parse(await runPython('write_features.py', ['--view', view], rows.join('\n')));
  expect(places).toHaveLength(2);

  const minPositions = mergePositions(
    places.map(({ partition, offset }) => ({ [topic]: { [partition]: offset } })),
  );
  const features = {
    features: ['mean_delay', 'departures', 'last_at', 'carriers'].map((name) => `${view}__${name}`),
  };
  const entities = [
    { airport: 'Zürich', runway: BIG },
    { airport: 'SFO', runway: 1n },
  ];
  const online = await running.value.online.read(features, entities, { minPositions });
  expect(online.rows.map((row) => row.values)).toEqual([
    {
      [`${view}__mean_delay`]: 4.5,
      [`${view}__departures`]: -3,
      [`${view}__last_at`]: '2001-02-01T04:00:00.000001Z',
      [`${view}__carriers`]: ['LX', 'UA'],
    },
    {
      [`${view}__mean_delay`]: null,
      [`${view}__departures`]: 2,
      [`${view}__last_at`]: null,
      [`${view}__carriers`]: [],
    },
  ]);

  const query = `SELECT airport, runway, departures, carriers, toUnixTimestamp64Micro(event_time) AS micros FROM features_${view} ORDER BY airport`;
  // The view for analysts is made before its first row, and not always before the online store has it.
  await vi.waitFor(async () => expect(await readRows(query)).toHaveLength(2), { timeout: 90_000 });
  expect(await readRows(query)).toEqual([
    { airport: 'SFO', runway: '1', departures: '2', carriers: [], micros: '980948700000000' },
    {
      airport: 'Zürich',
      runway: String(BIG),
      departures: '-3',
      carriers: ['LX', 'UA'],
      micros: '980948700000001',
    },
  ]);

  const read = z.array(eventSchema).parse(await runPython('read_events.py', ['--topic', topic]));
  expect(
    read.map(({ event }) => event.values?.['departures']).toSorted((a, b) => Number(a) - Number(b)),
  ).toEqual([-3, 2]);
  // Partition and key bytes are those of every other producer.
  const codec = new KeyCodec(airport.keys);
  for (const entity of entities) {
    const key = codec.encode(entity);
    const record = read.find((candidate) => candidate.key === key.toString('hex'));
    expect(record?.partition).toBe(partitionOf(key, PARTITIONS));
  }
});
