import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '@millrace/embedded';
import { type Guard, readToolchain, startGuard, startKafka } from '@millrace/embedded/components';
import type { Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import type { EventLog } from '../port.ts';
import { kafkaConfig } from './config.ts';
import { connectKafka } from './connect.ts';

const LONG = { timeout: 90_000, interval: 100 };
const APPEND_MS = 3_000;

let folder: string;
let guard: Running<Guard>;
let ports: { readonly kafka: number; readonly kafkaController: number };
let broker: Running<unknown>;
let pid = 0;
let log: Running<EventLog>;

/** A broker of its own: others would miss the one that they share. */
async function startBroker(): Promise<void> {
  const context = {
    guard: guard.value,
    archives: 'read' as const,
    onFailure: () => undefined,
    onSpawn: (started: number) => {
      pid = started;
    },
  };
  broker = await startKafka(await readToolchain(), folder, ports, context);
}

async function killBroker(): Promise<void> {
  process.kill(-pid, 'SIGKILL');
  await broker.stop();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-kafka-away-'));
  guard = await startGuard();
  const kafka = await freePort();
  ports = { kafka, kafkaController: await freePort([kafka]) };
  await startBroker();
  const config = kafkaConfig({
    kafkaBrokers: `127.0.0.1:${kafka}`,
    kafkaAppendTimeoutMs: APPEND_MS,
    kafkaSessionTimeoutMs: 6_000,
  });
  log = await connectKafka({ clientId: 'away', config, log: () => undefined });
});
afterAll(async () => {
  await log?.stop();
  await broker?.stop();
  await guard?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A consumer and a follower of a topic of their own, and what they were given. */
async function given() {
  const topic = uniqueName('away');
  await log.value.ensureTopics([{ name: topic, partitions: 2 }]);
  const consumed = new Set<string>();
  const followed: string[] = [];
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const next = new Map<number, bigint>();
  const consumer = await log.value.consume({
    groupId: uniqueName('g'),
    topic,
    resumeFrom: async (partition) => next.get(partition) ?? 0n,
    async onBatch({ partition, nextOffset, records }) {
      for (const { key } of records) consumed.add(String(key));
      next.set(partition, nextOffset);
    },
    onFailure,
  });
  const follower = await log.value.follow({
    topic,
    onRecord: ({ key }) => void followed.push(String(key)),
    onFailure,
  });
  const append = (key: string) =>
    log.value.append([{ topic, key: Buffer.from(key), value: Buffer.from(key) }]);
  const reached = async (key: string) => {
    await vi.waitFor(() => expect([...consumed]).toContain(key), LONG);
    await vi.waitFor(() => expect(followed).toContain(key), LONG);
  };
  const stop = async () => {
    await consumer.stop();
    await follower.stop();
  };
  return { append, reached, followed, failures, stop };
}

test('a frozen broker: appends fail in time, and all go on when it does', async () => {
  const { append, reached, followed, failures, stop } = await given();
  await vi.waitFor(() => append('before'), LONG);
  await reached('before');
  process.kill(-pid, 'SIGSTOP');
  try {
    const begun = performance.now();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => append(`meanwhile ${i}`)));
    expect(performance.now() - begun).toBeLessThan(APPEND_MS * 3);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LOG_UNAVAILABLE', retry: true } });
    }
  } finally {
    process.kill(-pid, 'SIGCONT');
  }
  await vi.waitFor(() => append('after'), LONG);
  await reached('after');
  expect(failures).toEqual([]);
  // Read on, not from the beginning again.
  expect(followed.indexOf('before')).toBe(followed.lastIndexOf('before'));
  await stop();
});

test('a broker that was killed and comes back later than anybody tries: nobody has to be started again', async () => {
  const { append, reached, failures, stop } = await given();
  await vi.waitFor(() => append('before'), LONG);
  await reached('before');
  await killBroker();
  // Longer than kafkajs tries by itself.
  const until = performance.now() + 16_000;
  while (performance.now() < until) {
    await expect(append('meanwhile')).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
  }
  await startBroker();
  await vi.waitFor(() => append('after'), LONG);
  await reached('after');
  expect(failures).toEqual([]);
  await stop();
}, 180_000);

test('stopping does not wait for a broker that does not answer', async () => {
  const { stop } = await given();
  process.kill(-pid, 'SIGSTOP');
  try {
    const begun = performance.now();
    await stop();
    expect(performance.now() - begun).toBeLessThan(25_000);
  } finally {
    process.kill(-pid, 'SIGCONT');
  }
});
