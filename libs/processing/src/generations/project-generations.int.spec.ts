import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectKafka, type EventLog, kafkaConfig, type PartitionBatch } from '@millrace/event-log';
import { MillraceError, type Running, systemClock } from '@millrace/kernel';
import { testStack, uniqueName } from '@millrace/testing';
import { Registry } from 'prom-client';
import { projectionGauges } from './gauges.ts';
import { InMemoryGenerations } from './in-memory.ts';
import { generationName } from './plan.ts';
import type { GenerationId } from './port.ts';
import { type ProjectedGenerations, projectGenerations } from './project-generations.ts';

const PARTITIONS = 3;
const WAIT = { timeout: 60_000, interval: 20 };

/** A store that keeps, for each generation and partition, the gapless offsets that it was given. */
class MemoryStore {
  readonly #rows = new Map<string, Map<number, Map<bigint, string>>>();
  readonly generations = new InMemoryGenerations(systemClock, {
    applied: (generation) => {
      this.#answering();
      return new Map([...this.#of(generation)].map(([partition, rows]) => [partition, BigInt(rows.size)]));
    },
    delete: (generation) => void this.#rows.delete(generationName(generation)),
  });
  /** While set, nothing is taken and nothing told. */
  away = false;
  /** Milliseconds that a batch takes. */
  delayMs = 0;

  resumeFrom(generation: GenerationId, partition: number): bigint {
    this.#answering();
    return BigInt(this.#of(generation).get(partition)?.size ?? 0);
  }

  async write(generation: GenerationId, batch: PartitionBatch): Promise<void> {
    this.#answering();
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (!batch.isCurrent()) return;
    const partitions = this.#of(generation);
    const rows = partitions.get(batch.partition) ?? new Map<bigint, string>();
    partitions.set(batch.partition, rows);
    for (const { offset, value } of batch.records) rows.set(offset, String(value));
  }

  /** Says that a partition is applied up to an offset, as if the log had been cut since. */
  claim(generation: GenerationId, partition: number, next: number): void {
    this.#of(generation).set(
      partition,
      new Map(Array.from({ length: next }, (_, offset) => [BigInt(offset), ''])),
    );
  }

  /** The values of a generation, by partition and offset; nothing where a generation was dropped. */
  values(generation: GenerationId): readonly string[] {
    return [...(this.#rows.get(generationName(generation)) ?? [])].flatMap(([partition, rows]) =>
      [...rows].map(([offset, value]) => `${partition}@${offset}=${value}`),
    );
  }

  #of(generation: GenerationId): Map<number, Map<bigint, string>> {
    const name = generationName(generation);
    const found = this.#rows.get(name) ?? new Map<number, Map<bigint, string>>();
    this.#rows.set(name, found);
    return found;
  }

  #answering(): void {
    if (this.away) throw new MillraceError('STORE_UNAVAILABLE', 'the store is away');
  }
}

let log: Running<EventLog>;
const failures: unknown[] = [];
const running: Running<unknown>[] = [];

beforeAll(async () => {
  const config = kafkaConfig({ kafkaBrokers: testStack().kafka.brokers.join(',') });
  log = await connectKafka({ clientId: 'test', config });
});
afterAll(async () => {
  await Promise.all(running.map((projector) => projector.stop()));
  await log.stop();
  if (failures.length > 0) throw new AggregateError(failures, 'a projector failed');
});

async function newTopic(records: number): Promise<string> {
  const topic = uniqueName('generations');
  await log.value.ensureTopics([{ name: topic, partitions: PARTITIONS }]);
  for (let from = 0; from < records; from += 50) await append(topic, from, Math.min(records, from + 50));
  return topic;
}

async function append(topic: string, from: number, to: number): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) => String(from + index));
  await log.value.append(
    records.map((value) => ({ topic, key: Buffer.from(value), value: Buffer.from(value) })),
  );
}

interface Projector extends Running<ProjectedGenerations> {
  readonly registry: Registry;
  lag(): Promise<number>;
}

async function start(
  store: MemoryStore,
  topics: readonly string[],
  { service = uniqueName('service'), graceMs = 600_000, fetchBytes = 2_000 } = {},
): Promise<Projector> {
  const registry = new Registry();
  const gauges = projectionGauges('test', registry);
  const projector = await projectGenerations({
    service,
    log: log.value,
    definitions: { catalog: { views: () => [] }, onChange: () => () => undefined },
    otherTopics: topics,
    generations: store.generations,
    gauges,
    graceMs,
    resumeFrom: async (generation, partition) => store.resumeFrom(generation, partition),
    apply: (generation, batch) => store.write(generation, batch),
    onTrouble: () => undefined,
    onFailure: (error) => failures.push(error),
    maxBytesPerPartition: fetchBytes,
    lookEveryMs: 50,
    lagEveryMs: 50,
  });
  running.push(projector);
  return {
    ...projector,
    registry,
    async lag() {
      const { values } = await gauges.lag.get();
      return values.length < PARTITIONS ? Number.NaN : values.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

const liveOf = async (store: MemoryStore, topic: string) =>
  (await store.generations.list()).find((known) => known.topic === topic && known.state === 'live')?.number ??
  1;

const holds = (store: MemoryStore, topic: string, number: number) => store.values({ topic, number }).length;

describe('a rebuild', () => {
  it('fills the next generation while rows flow, goes live, and the one before is fed for a while and dropped', async () => {
    const topic = await newTopic(500);
    const store = new MemoryStore();
    const projector = await start(store, [topic], { graceMs: 1_500 });
    await expect.poll(() => holds(store, topic, 1), WAIT).toBe(500);

    store.delayMs = 5;
    await store.generations.request([{ topic, until: null }]);
    let written = 500;
    await vi.waitFor(async () => {
      await append(topic, written, (written += 20));
      expect(await liveOf(store, topic)).toBe(2);
    }, WAIT);
    expect(holds(store, topic, 2)).toBeGreaterThanOrEqual(500);

    await append(topic, written, (written += 50));
    await expect.poll(() => holds(store, topic, 2), WAIT).toBe(written);
    await expect.poll(() => projector.value.consumed(), WAIT).toEqual([{ topic, number: 2 }]);
    await expect.poll(() => holds(store, topic, 1), WAIT).toBe(0);
    expect((await store.generations.list()).map(({ number, state }) => [number, state])).toEqual([
      [2, 'live'],
    ]);
    expect(new Set(store.values({ topic, number: 2 })).size).toBe(written);
  });

  it('goes on where it was when the projector is gone in the midst, and goes live with all of its topics', async () => {
    const [one, other] = [await newTopic(400), await newTopic(400)];
    const store = new MemoryStore();
    store.delayMs = 100;
    await store.generations.request([one, other].map((topic) => ({ topic, until: null })));
    const service = uniqueName('service');
    // One batch of the broker for each fetch, so that there is a midst.
    const first = await start(store, [one, other], { service, fetchBytes: 1 });
    await expect.poll(() => holds(store, one, 2), WAIT).toBeGreaterThan(0);
    await first.stop();
    const there = holds(store, one, 2) + holds(store, other, 2);
    expect(await liveOf(store, one)).toBe(1);

    store.delayMs = 0;
    await start(store, [one, other], { service });
    await expect.poll(() => liveOf(store, one), WAIT).toBe(2);
    expect(await liveOf(store, other)).toBe(2);
    expect([holds(store, one, 2), holds(store, other, 2)]).toEqual([400, 400]);
    expect(there).toBeLessThan(800);
  });

  it('is done by two instances together', async () => {
    const topic = await newTopic(600);
    const store = new MemoryStore();
    const service = uniqueName('service');
    const instances = [
      await start(store, [topic], { service, graceMs: 1_000 }),
      await start(store, [topic], { service, graceMs: 1_000 }),
    ];
    await store.generations.request([{ topic, until: null }]);
    await expect.poll(() => liveOf(store, topic), WAIT).toBe(2);
    expect(holds(store, topic, 2)).toBe(600);
    for (const { value } of instances)
      await expect.poll(() => value.consumed(), WAIT).toEqual([{ topic, number: 2 }]);
    await expect.poll(() => holds(store, topic, 1), WAIT).toBe(0);
  });

  it('that is given up is left and dropped, and the live generation stays', async () => {
    const topic = await newTopic(100);
    const store = new MemoryStore();
    const projector = await start(store, [topic], { graceMs: 500 });
    const [requested] = await store.generations.request([{ topic, until: { 0: 1_000_000n } }]);
    await expect.poll(() => holds(store, topic, 2), WAIT).toBe(100);
    if (requested !== undefined) await store.generations.giveUp([requested]);
    await expect.poll(() => holds(store, topic, 2), WAIT).toBe(0);
    expect(projector.value.consumed()).toEqual([{ topic, number: 1 }]);
    await expect.poll(() => holds(store, topic, 1), WAIT).toBe(100);
  });
});

it('a rebuild mends a store that is ahead of its log', async () => {
  const topic = await newTopic(60);
  const store = new MemoryStore();
  store.claim({ topic, number: 1 }, 0, 10_000);
  await store.generations.request([{ topic, until: null }]);
  await start(store, [topic]);
  await expect.poll(() => liveOf(store, topic), WAIT).toBe(2);
  expect(holds(store, topic, 2)).toBe(60);
});

describe('the lag', () => {
  it('is what the store does not have, also when the store goes away and comes back', async () => {
    const topic = await newTopic(30);
    const store = new MemoryStore();
    const projector = await start(store, [topic]);
    await expect.poll(() => projector.lag(), WAIT).toBe(0);
    store.away = true;
    await append(topic, 30, 55);
    await expect.poll(() => projector.lag(), WAIT).toBe(25);
    store.away = false;
    await expect.poll(() => projector.lag(), WAIT).toBe(0);
  });
});
