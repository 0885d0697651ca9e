import { setTimeout as wait } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import kafkajs, { type Admin } from 'kafkajs';
import { z } from 'zod';
import type { StackAddresses } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';

const POLL_MS = 200;
const ANSWER_MS = 3_000;
/** Patiences until it is enough, though something moves. */
const LONGEST = 5;

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
  /** Resolves when it is certain that so few are left, or when that takes too long: with the number that is left. */
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

    async function look(): Promise<{ readonly left: number; readonly certain: boolean }> {
      const [ofOffline, ofOnline] = await Promise.all([offline(), online()]);
      const log = await ends();
      return {
        left:
          left(log.offsets, ofOffline.offsets, consumed.offline) +
          left(log.offsets, ofOnline.offsets, consumed.online),
        certain: log.answered && ofOffline.answered && ofOnline.answered,
      };
    }

    const behind = async () => (await look()).left;

    async function until(most: number, patienceMs: number): Promise<number> {
      const begun = performance.now();
      let before = Number.POSITIVE_INFINITY;
      let moved = begun;
      for (;;) {
        const { left: now, certain } = await look();
        if (certain && now <= most) return now;
        // Compared with the look before: more is written meanwhile, and consumers may first have to join again.
        if (now < before) moved = performance.now();
        before = now;
        const ended = performance.now();
        if (ended - moved > patienceMs || ended - begun > LONGEST * patienceMs) return now;
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

/** Offsets, and whether they were answered just now: old ends of the log hide what is not applied. */
interface Known {
  readonly offsets: Offsets;
  readonly answered: boolean;
}

/** What was answered last, where there is no answer now. */
function remembering(ask: () => Promise<Offsets>): () => Promise<Known> {
  let offsets: Offsets = new Map();
  return async () => {
    try {
      const found = await Promise.race([ask(), wait(ANSWER_MS, undefined, { ref: false })]);
      offsets = found ?? offsets;
      return { offsets, answered: found !== undefined };
    } catch {
      // Away; it is asked again.
      return { offsets, answered: false };
    }
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
