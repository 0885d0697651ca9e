import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePort } from '@millrace/embedded';
import { type Guard, readToolchain, startGuard, startKafka } from '@millrace/embedded/components';
import type { Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import type { ConsumeOptions, EventLog, PartitionBatch } from '../port.ts';
import { kafkaConfig } from './config.ts';
import { connectKafka } from './connect.ts';

const LONG = { timeout: 90_000, interval: 100 };
const APPEND_MS = 3_000;
/** The least that the broker allows. */
const SESSION_MS = 3_000;
/** Of the client itself, which then tells; with pauses of 100, 200 and 400 ms between them. */
const RETRIES = 3;
const LONGER_THAN_TRIES_MS = 3_000;

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
    kafkaSessionTimeoutMs: SESSION_MS,
  });
  log = await connectKafka({ clientId: 'away', config, log: () => undefined, retries: RETRIES });
});
afterAll(async () => {
  await log?.stop();
  await broker?.stop();
  await guard?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a store that the members of a group share was given of a topic. */
interface Away {
  readonly topic: string;
  append(key: string): Promise<unknown>;
  /** Appends until it is acknowledged. */
  appendSurely(key: string): Promise<void>;
  /** Resolves when the store has a record, and the follower too. */
  reached(key: string): Promise<void>;
  readonly followed: readonly string[];
  /** The next batches that bring a key have their effect only when they are let go. */
  hold(): { readonly batches: readonly PartitionBatch[]; letGo(): void; end(): void };
  has(key: string): boolean;
  /** That every record of the log had its effect once, and nobody gave up. */
  expectExact(): Promise<void>;
  stop(): Promise<void>;
}

/** Two members of a group that fill one store, and a follower, of a topic of their own. */
async function given(): Promise<Away> {
  const topic = uniqueName('away');
  await log.value.ensureTopics([{ name: topic, partitions: 2 }]);
  const keys = new Set<string>();
  const effects = new Map<string, number>();
  const followed: string[] = [];
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const next = new Map<number, bigint>();
  let gate: Promise<void> | undefined;
  let held: PartitionBatch[] = [];
  const options: ConsumeOptions = {
    groupId: uniqueName('g'),
    topic,
    resumeFrom: async (partition) => next.get(partition) ?? 0n,
    async onBatch(batch) {
      if (gate !== undefined) held.push(batch);
      await gate;
      const { partition, nextOffset, records, isCurrent } = batch;
      if (!isCurrent()) return;
      for (const { key, offset } of records) {
        keys.add(String(key));
        const place = `${partition}@${offset}`;
        effects.set(place, (effects.get(place) ?? 0) + 1);
      }
      next.set(partition, nextOffset);
    },
    onFailure,
  };
  const running = await Promise.all([
    log.value.consume(options),
    log.value.consume(options),
    log.value.follow({ topic, onRecord: ({ key }) => void followed.push(String(key)), onFailure }),
  ]);
  const append = (key: string) =>
    log.value.append([{ topic, key: Buffer.from(key), value: Buffer.from(key) }]);
  return {
    topic,
    followed,
    append,
    async appendSurely(key) {
      await vi.waitFor(() => append(key), LONG);
    },
    async reached(key) {
      await vi.waitFor(() => expect([...keys]).toContain(key), LONG);
      await vi.waitFor(() => expect(followed).toContain(key), LONG);
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      held = [];
      const end = () => {
        gate = undefined;
      };
      return { batches: held, letGo: resolve, end };
    },
    has: (key) => keys.has(key),
    async expectExact() {
      await vi.waitFor(async () => {
        const spans = await log.value.spans(topic);
        const places = spans.flatMap(({ partition, next: end }) =>
          Array.from({ length: Number(end) }, (_, offset) => `${partition}@${offset}`),
        );
        expect([...effects.keys()].sort()).toEqual(places.sort());
      }, LONG);
      expect([...effects].filter(([, times]) => times !== 1)).toEqual([]);
      expect(failures).toEqual([]);
    },
    async stop() {
      await Promise.all(running.map((one) => one.stop()));
    },
  };
}

test('a broker that is frozen for longer than a session: nothing is lost, doubled or stuck', async () => {
  const { append, appendSurely, reached, followed, hold, has, expectExact, stop } = await given();
  const leaving = await given();
  await Promise.all([appendSurely('before'), leaving.appendSurely('before')]);
  await Promise.all([reached('before'), leaving.reached('before')]);
  const { batches, letGo, end } = hold();
  await appendSurely('held');
  await vi.waitFor(() => expect(batches).not.toEqual([]), LONG);
  end();
  await appendSurely('not read yet');
  process.kill(-pid, 'SIGSTOP');
  try {
    const begun = performance.now();
    const left = leaving.stop();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => append(`meanwhile ${i}`)));
    expect(performance.now() - begun).toBeLessThan(APPEND_MS * 5);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LOG_UNAVAILABLE', retry: true } });
    }
    // Who does not hear of the group for a session counts himself out.
    await vi.waitFor(() => expect(batches.some(({ isCurrent }) => isCurrent())).toBe(false), LONG);
    // Who stops does not wait for a broker that does not answer.
    await left;
  } finally {
    process.kill(-pid, 'SIGCONT');
  }
  // In whose place there is another one brings his batch when the other has it, if the broker does not take him back.
  const settled = () => expect(has('held') || batches.some(({ isCurrent }) => isCurrent())).toBe(true);
  await vi.waitFor(settled, { timeout: 10_000, interval: 50 }).catch(() => undefined);
  letGo();
  await appendSurely('after');
  for (const key of ['held', 'not read yet', 'after']) await reached(key);
  await expectExact();
  // Read on, not from the beginning again.
  expect(followed.indexOf('before')).toBe(followed.lastIndexOf('before'));
  await stop();
}, 180_000);

test('a broker that was killed and comes back later than anybody tries: nobody has to be started again', async () => {
  const { topic, append, appendSurely, reached, expectExact, stop } = await given();
  await appendSurely('before');
  await reached('before');
  await killBroker();
  const refused = { code: 'LOG_UNAVAILABLE', retry: true };
  const ignore = () => undefined;
  await expect(log.value.follow({ topic, onRecord: ignore, onFailure: ignore })).rejects.toMatchObject(
    refused,
  );
  const member = {
    groupId: uniqueName('g'),
    topic,
    resumeFrom: async () => 0n,
    onBatch: async () => undefined,
  };
  await expect(log.value.consume({ ...member, onFailure: ignore })).rejects.toMatchObject(refused);
  const until = performance.now() + LONGER_THAN_TRIES_MS;
  while (performance.now() < until) {
    await expect(append('meanwhile')).rejects.toMatchObject(refused);
  }
  await startBroker();
  await appendSurely('after');
  await reached('after');
  await expectExact();
  await stop();
}, 180_000);
