import type { Micros } from '@millrace/kernel';
import { physicalName } from '../generation-names.ts';
import { featureTopic } from '@millrace/events';
import type { CollectionTime } from '../may-be-collected.ts';
import type { ExpiringView, OnlineStoreCollector } from '../port.ts';
import { GenerationMap } from './generation-map.ts';
import { type Layout, parseEntity } from './layout.ts';
import { guarded, type RedisCommands, runScript } from './redis-client.ts';
import { number } from './replies.ts';
import { writeTime } from './row-layout.ts';
import { collectScript } from './scripts/sweep.ts';
import { entitiesOf } from './walk.ts';

const EARLIEST: Micros = -(2n ** 63n);

/** Forgets rows in Redis that are long out of date. */
export class RedisCollector implements OnlineStoreCollector {
  readonly #client: RedisCommands;
  readonly #layout: Layout;

  constructor(client: RedisCommands, layout: Layout) {
    this.#client = client;
    this.#layout = layout;
  }

  collect(bucket: number, views: readonly ExpiringView[], time: CollectionTime): Promise<number> {
    return guarded(`collect rows of bucket ${bucket}`, async () => {
      if (views.length === 0) return 0;
      const byEntity = Map.groupBy(await this.#fields(views, time), ({ entity }) => entity);
      const key = this.#layout.entities(bucket);
      const prefixes = [this.#layout.rowPrefix(bucket), this.#layout.tiesPrefix(bucket)];
      let collected = 0;
      for await (const members of entitiesOf(this.#client, key)) {
        const groups = Map.groupBy(members, (member) => parseEntity(member).entity);
        for (const [entity, ofEntity] of groups) {
          const fields = byEntity.get(entity);
          if (fields === undefined) continue;
          const args = [String(fields.length), ...fields.flatMap(({ bounds }) => bounds), ...ofEntity];
          collected += number(await runScript(this.#client, collectScript, [key], [...prefixes, ...args]));
        }
      }
      return collected;
    });
  }

  /** The fields of the views in every generation, and the times that their rows must be before. */
  async #fields(views: readonly ExpiringView[], { now, horizon }: CollectionTime) {
    const { generations } = new GenerationMap(await this.#client.hgetall(this.#layout.generations));
    return views.flatMap(({ entity, view, ttl }) => {
      const times = [timeBytes(now - ttl - horizon), timeBytes(now - ttl)];
      const topic = featureTopic(view);
      const known = generations.filter((generation) => generation.topic === topic);
      const numbers = known.length === 0 ? [1] : known.map((generation) => generation.number);
      return numbers.map((each) => ({ entity, bounds: [physicalName(view, each), ...times] }));
    });
  }
}

function timeBytes(time: Micros): Buffer {
  const bytes = Buffer.alloc(8);
  writeTime(time < EARLIEST ? EARLIEST : time, bytes, new DataView(bytes.buffer, bytes.byteOffset, 8), 0);
  return bytes;
}
