import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Running } from '@millrace/kernel';
import { runHttp } from './http/run-http.ts';
import { runRecords } from './records/run-records.ts';
import { type FuzzWorld, startFuzzWorld } from './records/world.ts';

const RECORDS = 2_000;
const REQUESTS = 1_500;
/** What a machine with much else to do may take; a quiet one is done in a fraction of it. */
const BUSY_MS = 400_000;

let folder: string;
let world: Running<FuzzWorld>;

// Servers of its own: what it leaves behind in the log would be in everybody's way.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-fuzz-'));
  world = await startFuzzWorld(folder);
}, BUSY_MS);
afterAll(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
}, BUSY_MS);

test(
  'every malformed record is a dead letter, every good one is in both stores, and everybody lives on',
  async () => {
    const { findings, broken, processes, malformed, good } = await runRecords(world.value, {
      records: RECORDS,
      seed: 1,
      progress: () => undefined,
    });
    expect({ findings, broken }).toEqual({ findings: [], broken: [] });
    expect(processes.filter(({ survived }) => !survived)).toEqual([]);
    expect(malformed).toBeGreaterThan(RECORDS / 4);
    expect(good).toBeGreaterThan(RECORDS / 5);
  },
  BUSY_MS,
);

test(
  'no request is answered with a fault, and every refusal is a problem with a code',
  async () => {
    const { gateway, registry, monitor, 'feature-server': featureServer } = world.value.services;
    const services = { gateway, 'feature-server': featureServer, registry, monitor };
    const { findings, statuses } = await runHttp(services, { requests: REQUESTS, seed: 1 });
    expect(findings).toEqual([]);
    expect(statuses['200']).toBeGreaterThan(REQUESTS / 10);
    expect(world.value.ended).toEqual([]);
  },
  BUSY_MS,
);
