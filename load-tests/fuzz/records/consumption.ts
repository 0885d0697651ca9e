import { setTimeout as wait } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import kafkajs, { type Admin } from 'kafkajs';
import { z } from 'zod';
import type { StackAddresses } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';

const POLL_MS = 200;
const ANSWER_MS = 3_000;

/** What the projectors read. */
export interface Consumed {
  /** Topics of the online projector: those of views. */
  readonly online: readonly string[];
  readonly offline: readonly string[];
}

/** How far the projectors are. */
export interface Consumption {
  /**
   * Records that a store does not have yet, all topics together; what was known last while a server that could tell
   * is away.
   */
  behind(): Promise<number>;
  /** Resolves when so few are left, or when nothing has moved for a while: with the number that is left. */
  until(most: number, patienceMs: number): Promise<number>;
}

/** By topic and partition, the next offset. */
type Offsets = ReadonlyMap<string, number>;

const laneOf = (topic: string, partition: number) => `${topic}/${partition}`;

/**
 * Looks how far both stores are. The online projector has applied what its group commits; the offline projector
 * commits what it has taken in, so its store is asked.
 */
export function watchConsumption(stack: StackAddresses, consumed: Consumed): Promise<Running<Consumption>> {
  return startTogether(async (starter) => {
    const { url, user: username, password, database } = stack.clickhouse;
    const clickhouse = createClient({
      url,
      username,
      password,
      database,
      request_timeout: ANSWER_MS,
      log: { level: ClickHouseLogLevel.OFF },
    });
    starter.onStop(() => clickhouse.close());
    const brokers = [...stack.kafka.brokers];
    const kafka = new kafkajs.Kafka({ brokers, clientId: 'watch', logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    starter.onStop(() => admin.disconnect());

    async function stored(): Promise<Offsets> {
      const query =
        'SELECT topic, `partition`, max(last_offset) + 1 AS next FROM applied_ranges GROUP BY topic, `partition`';
      const answer = await clickhouse.query({ query, format: 'JSONEachRow' });
      const rows = rangesSchema.parse(await answer.json());
      return new Map(rows.map(({ topic, partition, next }) => [laneOf(topic, partition), next]));
    }

    const offline = remembering(stored);
    const online = remembering(() => committed(admin, consumed.online));
    // Asked last: what is applied meanwhile must not hide what is not.
    const ends = remembering(() => logEnds(admin, [...new Set([...consumed.offline, ...consumed.online])]));

    async function behind(): Promise<number> {
      const [ofOffline, ofOnline] = await Promise.all([offline(), online()]);
      const log = await ends();
      return left(log, ofOffline, consumed.offline) + left(log, ofOnline, consumed.online);
    }

    async function until(most: number, patienceMs: number): Promise<number> {
      let least = Number.POSITIVE_INFINITY;
      let moved = performance.now();
      for (;;) {
        const now = await behind();
        if (now <= most) return now;
        if (now < least) {
          least = now;
          moved = performance.now();
        }
        if (performance.now() - moved > patienceMs) return now;
        await wait(POLL_MS);
      }
    }

    return { behind, until };
  });
}

const rangesSchema = z.array(
  z.object({ topic: z.string(), partition: z.coerce.number(), next: z.coerce.number() }),
);

function left(log: Offsets, applied: Offsets, topics: readonly string[]): number {
  let sum = 0;
  for (const [lane, end] of log) {
    if (topics.includes(lane.slice(0, lane.lastIndexOf('/'))))
      sum += Math.max(0, end - (applied.get(lane) ?? 0));
  }
  return sum;
}

/** What was answered last, where there is no answer now. */
function remembering(ask: () => Promise<Offsets>): () => Promise<Offsets> {
  let known: Offsets = new Map();
  return async () => {
    try {
      known = await Promise.race([ask(), wait(ANSWER_MS, undefined, { ref: false }).then(() => known)]);
    } catch {
      // Away; it is asked again.
    }
    return known;
  };
}

async function committed(admin: Admin, topics: readonly string[]): Promise<Offsets> {
  const offsets = new Map<string, number>();
  for (const topic of topics) {
    const [answer] = await admin.fetchOffsets({ groupId: `online-projector.${topic}`, topics: [topic] });
    for (const { partition, offset } of answer?.partitions ?? []) {
      offsets.set(laneOf(topic, partition), Math.max(0, Number(offset)));
    }
  }
  return offsets;
}

async function logEnds(admin: Admin, topics: readonly string[]): Promise<Offsets> {
  const ends = new Map<string, number>();
  for (const topic of topics) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic))
      ends.set(laneOf(topic, partition), Number(high));
  }
  return ends;
}
