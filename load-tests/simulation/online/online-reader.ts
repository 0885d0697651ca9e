import { type OffsetVector, unpackPosition } from '@millrace/events';
import { MillraceError, pause, type Timers } from '@millrace/kernel';
import type { StoredRow } from '@millrace/online-store';
import { type HoldingTimes, RedisReader } from '@millrace/online-store/redis';
import type { Process } from '../core/process.ts';
import type { Random } from '../core/random.ts';
import type { Scheduler } from '../core/scheduler.ts';
import { promised } from '../core/violation.ts';
import { topics, viewOf } from '../events/definitions.ts';
import { coveredBy, newestRows, type Producers } from '../events/recorded.ts';
import { layout, partitionFieldOf, type PlacedEntity, placedEntities } from './keys.ts';
import { type MayBeGone, type Observation, Observations } from './observations.ts';
import type { SimulatedRedis } from './simulated-redis.ts';
import { connectionLost, type Send, simulatedClient } from './simulated-client.ts';
import type { Twin } from './script-twins.ts';
import { type StoredGeneration, storedGenerations } from './stored-generations.ts';

/** What a reader stands on. */
export interface OnlineReaderParts {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly redis: SimulatedRedis;
  readonly twins: ReadonlyMap<string, Twin>;
  readonly producers: Producers;
  readonly holds: HoldingTimes;
  readonly mayBeGone: MayBeGone;
}

/** What the server saw of a read. */
interface Seen {
  readonly generations: readonly number[];
  /** What was applied, by field. */
  readonly applied: ReadonlyMap<string, string | Buffer>;
}

const VIEWS = topics.map(viewOf);
/** A wait that nobody ends is many steps. */
const WAIT_MS = 30;
const STOPPED = 0.25;
/** Milliseconds, at most. */
const STOPS_MS = [300, 2_000, 10_000];
/** Milliseconds between two reads, at most: some readers are busy. */
const PAUSES_MS = [50, 300, 1_500];

/** Reads entities again and again as a feature server does, and holds what it gets against what it got before. */
export class OnlineReader {
  readonly #parts: OnlineReaderParts;
  readonly #reader: RedisReader;
  readonly #timers: Timers;
  readonly #observations: Observations;
  #seen: Seen | undefined;

  constructor(parts: OnlineReaderParts) {
    const { name, scheduler, random, redis, twins, producers, holds: times, mayBeGone } = parts;
    this.#parts = parts;
    const process: Process = { name, alive: true };
    this.#timers = scheduler.timersOf(process);
    const send: Send = async (command) => {
      // Whoever reads may be stopped at any moment, also between knowing where and asking.
      if (command.fields !== undefined && random.chance(STOPPED))
        await pause(this.#timers, random.between(100, random.pick(STOPS_MS)));
      return scheduler.call(process, {
        ...command,
        perform: () => {
          if (command.fields !== undefined) this.#noticeRead(command.fields);
          return command.perform();
        },
        failure: connectionLost,
      });
    };
    this.#reader = new RedisReader(simulatedClient(redis, send, twins), layout, {
      timers: this.#timers,
      nowMs: () => scheduler.now,
      soon: queueMicrotask,
      holds: times,
    });
    this.#observations = new Observations(
      redis,
      producers,
      () => Number(scheduler.clock.now() / 1000n),
      mayBeGone,
    );
  }

  /** Reads for ever. @throws Violation */
  async run(): Promise<never> {
    const { random } = this.#parts;
    const longest = random.pick(PAUSES_MS);
    for (;;) {
      await pause(this.#timers, random.between(10, longest));
      try {
        await this.#readOne(random.pick(placedEntities));
      } catch (error) {
        if (!(error instanceof MillraceError && error.retry)) throw error;
      }
    }
  }

  async #readOne(entity: PlacedEntity): Promise<void> {
    const { random, redis, scheduler } = this.#parts;
    const wanted = random.chance(0.4) ? this.#someOfTheLog() : undefined;
    if (wanted !== undefined && !(await this.#reader.waitFor(wanted, WAIT_MS))) return;
    const [rows = []] = await this.#reader.read([{ entity: 'thing', key: entity.key, views: VIEWS }]);
    const seen = this.#seen;
    if (seen === undefined) return;
    // Until all is filled again, reads find what is there.
    if (redis.losses > 0) return;
    for (const [index, topic] of topics.entries()) {
      const generation = seen.generations[index] ?? 1;
      const row = rows[index];
      const isApplied = row !== undefined && isIn(seen.applied, topic, generation, row);
      const now: Observation = { topic, entity: entity.id, generation, row, isApplied, atMs: scheduler.now };
      this.#observations.add(now);
      if (wanted !== undefined) this.#checkSeesAll(now, wanted);
    }
  }

  /** Some of what was acknowledged by now. */
  #someOfTheLog(): OffsetVector {
    const { producers, random } = this.#parts;
    const rows = producers.rows.filter(() => random.chance(0.3));
    const vector: Record<string, Record<string, bigint>> = {};
    for (const { topic, partition, offset } of rows) (vector[topic] ??= {})[String(partition)] = offset;
    return vector;
  }

  #checkSeesAll(now: Observation, wanted: OffsetVector): void {
    const { producers } = this.#parts;
    const least = newestRows(producers.rows, coveredBy(wanted)).get(`${now.topic} ${now.entity}`);
    promised(
      'a read sees what it waited for',
      least === undefined || !this.#observations.isBehind(now, least),
      () =>
        `${now.topic}#${now.generation} of thing ${now.entity} is older than position ${least?.position} at ${least?.eventTime}`,
    );
  }

  /** What is read lies in generations that were live together, none of them half-built. */
  #noticeRead(fields: readonly string[]): void {
    const { redis } = this.#parts;
    const generations = fields.map((field) => Number(field.split('#')[1] ?? 1));
    const known = storedGenerations(redis);
    for (const [index, topic] of topics.entries()) {
      const number = generations[index] ?? 1;
      const found = known.find((each) => each.topic === topic && each.number === number);
      // A store that lost writes may have lost that it was live.
      promised(
        'nobody reads what is being built',
        redis.losses > 0 || found?.state !== 'building',
        () => `${topic}#${number} is read and is being built`,
      );
      for (const other of known) {
        if (found === undefined || found.rebuild === '' || other.rebuild !== found.rebuild) continue;
        const read = generations[topics.indexOf(other.topic)] ?? 1;
        promised(
          'a read sees one rebuild whole',
          redis.losses > 0 || read >= other.number || isGivenUp(other, known),
          () => `${topic}#${number} is read beside ${other.topic}#${read}, before ${other.number}`,
        );
      }
    }
    this.#seen = {
      generations,
      applied: new Map(redis.fields(layout.applied)),
    };
  }
}

function isIn(applied: Seen['applied'], topic: string, generation: number, { position }: StoredRow): boolean {
  const { partition, offset } = unpackPosition(position);
  return BigInt(applied.get(partitionFieldOf(topic, generation, partition))?.toString() ?? 0) > offset;
}

/** A topic of a rebuild can be given up while the others go live. */
function isGivenUp({ topic, number, state }: StoredGeneration, known: readonly StoredGeneration[]): boolean {
  return (
    state === 'retired' &&
    known.some((each) => each.topic === topic && each.state === 'live' && each.number < number)
  );
}
