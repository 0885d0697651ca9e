import { randomUUID } from 'node:crypto';
import { featureTopic, newEventId, packPosition, viewOfTopic } from '@millrace/events';
import type { GenerationId } from '@millrace/processing';
import type { GenerationsUnderTest } from '@millrace/processing/testing';
import { BUCKETS } from '../bucket.ts';
import type { OnlineRow, OnlineStore } from '../port.ts';

const ENTITY = 'airport';
const keyOf = (index: number) => Buffer.from(`key ${index}`);

/**
 * An online store for `generationsContract`.
 *
 * @param rows how many rows a generation holds: the port shows the live one only.
 */
export function generationsUnderTest(
  store: OnlineStore,
  others: OnlineStore,
  rows: (generation: GenerationId) => Promise<number>,
): GenerationsUnderTest {
  return {
    generations: store.generations,
    others: others.generations,
    newTopic: () => Promise.resolve(featureTopic(`v${randomUUID().replaceAll('-', '')}`)),
    async put({ topic, number: generation }, partition, nextOffset) {
      const written = Array.from(
        { length: Number(nextOffset) },
        (_, index): OnlineRow => ({
          entity: ENTITY,
          key: keyOf(index),
          view: viewOfTopic(topic) ?? topic,
          eventTime: 1n,
          position: packPosition({ epoch: 0, offset: BigInt(index), partition }),
          eventId: newEventId(),
          recordedAt: 1n,
          value: Buffer.from('value'),
        }),
      );
      const from = { topic, generation, partition };
      await store.resumeFrom(from);
      await store.write(written, { ...from, nextOffset });
      store.release({ topic, number: generation });
    },
    rows,
    async rowsRead(topic) {
      const view = viewOfTopic(topic) ?? topic;
      const buckets = await Promise.all(
        Array.from({ length: BUCKETS }, (_, bucket) => store.readBucket(bucket)),
      );
      const inBuckets = buckets.flatMap(({ rows: all }) => all.filter((row) => row.view === view)).length;
      const reads = Array.from({ length: 20 }, (_, index) => ({
        entity: ENTITY,
        key: keyOf(index),
        views: [view],
      }));
      const read = (await store.read(reads)).flat().filter((row) => row !== undefined).length;
      if (read !== inBuckets) throw new Error(`${read} rows by key, ${inBuckets} in the buckets`);
      return read;
    },
  };
}
