import { randomUUID } from 'node:crypto';
import type { Clock } from '@millrace/kernel';
import type { Generation, GenerationId, Generations } from '@millrace/processing';
import { viewOfTopic } from '@millrace/events';
import { parsePartitionField, physicalName, positionsPrefix } from '../generation-names.ts';
import { GenerationMap, parseGeneration, untilText } from './generation-map.ts';
import type { Layout } from './layout.ts';
import { guarded, type RedisCommands, runScript } from './redis-client.ts';
import { list, pairs } from './replies.ts';
import { requestScript, settleScript } from './scripts/generations.ts';
import { dropRowsScript } from './scripts/sweep.ts';
import { eachBucket, entitiesOf } from './walk.ts';

/** Buckets that are swept at once. */
const LANES = 4;

/** The generations of the store in Redis. */
export class RedisGenerations implements Generations {
  readonly #client: RedisCommands;
  readonly #layout: Layout;
  readonly #clock: Clock;

  constructor(client: RedisCommands, layout: Layout, clock: Clock) {
    this.#client = client;
    this.#layout = layout;
    this.#clock = clock;
  }

  list(): Promise<readonly Generation[]> {
    return guarded('list generations', async () => {
      const fields = await this.#client.hgetall(this.#layout.generations);
      return new GenerationMap(fields).generations;
    });
  }

  request(topics: Parameters<Generations['request']>[0]): Promise<readonly Generation[]> {
    return guarded('ask for generations', async () => {
      const found = await this.#found();
      const args = topics.flatMap(({ topic, until }) => {
        const numbers = [...(found.get(topic) ?? [])].map(String);
        return [topic, untilText(until), String(numbers.length), ...numbers];
      });
      const now = String(this.#clock.now());
      const building = await runScript(
        this.#client,
        requestScript,
        [this.#layout.generations],
        [randomUUID(), now, ...args],
      );
      return pairs(list(building)).flatMap(
        ([field, value]) => parseGeneration(String(field), String(value)) ?? [],
      );
    });
  }

  goLive(generations: readonly GenerationId[]): Promise<void> {
    return this.#settle('live', generations);
  }

  giveUp(generations: readonly GenerationId[]): Promise<void> {
    return this.#settle('retired', generations);
  }

  #settle(state: 'live' | 'retired', generations: readonly GenerationId[]): Promise<void> {
    return guarded(`make generations ${state}`, async () => {
      const named = generations.flatMap(({ topic, number }) => [topic, String(number)]);
      const args = [String(this.#clock.now()), state, ...named];
      await runScript(this.#client, settleScript, [this.#layout.generations], args);
    });
  }

  drop({ topic, number }: GenerationId): Promise<void> {
    return guarded(`drop generation ${number} of ${topic}`, async () => {
      const field = `${topic}#${number}`;
      const entry = await this.#client.hget(this.#layout.generations, field);
      if (entry === null || parseGeneration(field, entry)?.state !== 'retired') return;
      // Positions first: killed in between, the store must not say that it holds what is deleted already.
      const prefix = positionsPrefix(topic, number);
      for (const key of [this.#layout.applied, this.#layout.checkpointed]) {
        await this.#deletePositions(key, prefix);
      }
      let isFilledAnew = false;
      const rows = physicalName(viewOfTopic(topic) ?? topic, number);
      await eachBucket(this.#layout.buckets, LANES, async (bucket) => {
        if (isFilledAnew) return;
        const positions = this.#layout.positions(bucket);
        await this.#deletePositions(positions, prefix);
        const args = [this.#layout.rowPrefix(bucket), this.#layout.tiesPrefix(bucket), rows, prefix];
        const key = this.#layout.entities(bucket);
        for await (const entities of entitiesOf(this.#client, key)) {
          const dropped = await runScript(
            this.#client,
            dropRowsScript,
            [key, positions],
            [...args, ...entities],
          );
          if (dropped === -1) isFilledAnew = true;
          if (isFilledAnew) return;
        }
      });
      // A server that came back without its last writes, or empty, may have lost that it retired.
      if (isFilledAnew || (await this.#client.hget(this.#layout.generations, field)) !== entry) return;
      await this.#client.hdel(this.#layout.generations, field);
    });
  }

  async #deletePositions(key: string, prefix: string): Promise<void> {
    const fields = (await this.#client.hkeys(key)).filter((field) => field.startsWith(prefix));
    if (fields.length > 0) await this.#client.hdel(key, ...fields);
  }

  applied({ topic, number }: GenerationId): Promise<ReadonlyMap<number, bigint>> {
    return guarded(`tell what generation ${number} of ${topic} holds`, async () => {
      const prefix = positionsPrefix(topic, number);
      const fields = Object.entries(await this.#client.hgetall(this.#layout.applied));
      return new Map(
        fields
          .filter(([field]) => field.startsWith(prefix))
          .map(([field, next]) => [parsePartitionField(field).partition, BigInt(next)] as const),
      );
    });
  }

  /** The generations of each topic of which the buckets have positions. */
  async #found(): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
    const found = new Map<string, Set<number>>();
    const all = await Promise.all(
      Array.from({ length: this.#layout.buckets }, (_, bucket) =>
        this.#client.hkeys(this.#layout.positions(bucket)),
      ),
    );
    for (const field of all.flat()) {
      const { topic, generation } = parsePartitionField(field);
      const numbers = found.get(topic) ?? new Set();
      found.set(topic, numbers.add(generation));
    }
    return found;
  }
}
