import type { Running } from '@millrace/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Generation, GenerationId, Generations } from '../generations/port.ts';

/** A store whose generations are tested. */
export interface GenerationsUnderTest {
  readonly generations: Generations;
  /** The same store over another connection, as a second instance of the projector has it. */
  readonly others: Generations;
  /** A topic that the store can hold, and of which it says nothing yet. */
  newTopic(): Promise<string>;
  /** Writes one row for each offset before `nextOffset` of a partition, as the projector does. */
  put(generation: GenerationId, partition: number, nextOffset: bigint): Promise<void>;
  /** How many rows a generation holds. */
  rows(generation: GenerationId): Promise<number>;
  /** How many rows readers see of a topic. A reader may go on for some seconds with what was live before. */
  rowsRead(topic: string): Promise<number>;
}

type State = readonly [number, Generation['state']];

/** What the generations of every store have to do; run against each adapter. */
export function generationsContract(
  name: string,
  connect: () => Promise<Running<GenerationsUnderTest>>,
): void {
  describe(`${name} keeps the contract of generations`, () => {
    let running: Running<GenerationsUnderTest>;
    let store: GenerationsUnderTest;
    let generations: Generations;
    beforeAll(async () => {
      running = await connect();
      store = running.value;
      ({ generations } = store);
    });
    afterAll(() => running.stop());

    const of = async (topic: string) =>
      (await generations.list())
        .filter((generation) => generation.topic === topic)
        .toSorted((a, b) => a.number - b.number);
    const states = async (topic: string): Promise<State[]> =>
      (await of(topic)).map(({ number, state }) => [number, state]);
    const request = async (...topics: string[]) =>
      generations.request(topics.map((topic) => ({ topic, until: null })));
    /** A topic with generation 1 retired and 2 live. */
    const switched = async () => {
      const topic = await store.newTopic();
      await store.put({ topic, number: 1 }, 0, 3n);
      await request(topic);
      await store.put({ topic, number: 2 }, 0, 5n);
      await generations.goLive([{ topic, number: 2 }]);
      return topic;
    };

    it('says nothing of a topic that was never rebuilt, and takes its generation 1 as live', async () => {
      const topic = await store.newTopic();
      await store.put({ topic, number: 1 }, 0, 3n);
      expect(await states(topic)).toEqual([]);
      await expect.poll(() => store.rowsRead(topic)).toBe(3);
      expect(await generations.applied({ topic, number: 1 })).toEqual(new Map([[0, 3n]]));
    });

    it('builds a generation beside the live one, which goes on being read', async () => {
      const topic = await store.newTopic();
      await store.put({ topic, number: 1 }, 0, 3n);
      const until = { 0: 2n ** 40n - 1n, 1: 0n };
      const [asked] = await generations.request([{ topic, until }]);
      expect(asked).toMatchObject({ topic, number: 2, state: 'building', until });
      expect(asked?.rebuild).not.toBe('');
      expect((await of(topic)).at(-1)).toEqual(asked);
      expect(await states(topic)).toEqual([
        [1, 'live'],
        [2, 'building'],
      ]);
      await store.put({ topic, number: 2 }, 0, 5n);
      expect(await store.rowsRead(topic)).toBe(3);
      expect(await generations.applied({ topic, number: 1 })).toEqual(new Map([[0, 3n]]));
      expect(await generations.applied({ topic, number: 2 })).toEqual(new Map([[0, 5n]]));
    });

    it('resumes a rebuild that is asked for again, also by two at once', async () => {
      const [one, other] = [await store.newTopic(), await store.newTopic()];
      const [first] = await generations.request([{ topic: one, until: { 0: 7n } }]);
      const both = await request(one, other);
      expect(both.find(({ topic }) => topic === one)).toEqual(first);
      expect(both.find(({ topic }) => topic === other)).toMatchObject({ number: 2, state: 'building' });
      const third = await store.newTopic();
      const asked = await Promise.all(
        [generations, store.others, generations, store.others].map((each) =>
          each.request([{ topic: third, until: null }]),
        ),
      );
      expect(new Set(asked.flat().map(({ number }) => number))).toEqual(new Set([2]));
      expect(new Set(asked.flat().map(({ rebuild }) => rebuild)).size).toBe(1);
      expect((await states(third)).map(([number]) => number)).toEqual([1, 2]);
    });

    it('gives all topics of one request one rebuild', async () => {
      const [one, other] = [await store.newTopic(), await store.newTopic()];
      const asked = await request(one, other);
      expect(new Set(asked.map(({ rebuild }) => rebuild)).size).toBe(1);
      expect((await request(await store.newTopic()))[0]?.rebuild).not.toBe(asked[0]?.rebuild);
    });

    it('makes several live at once, and retires those that were', async () => {
      const [one, other] = [await store.newTopic(), await store.newTopic()];
      for (const topic of [one, other]) await store.put({ topic, number: 1 }, 0, 1n);
      await request(one, other);
      for (const topic of [one, other]) await store.put({ topic, number: 2 }, 0, 4n);
      await generations.goLive([one, other].map((topic) => ({ topic, number: 2 })));
      for (const topic of [one, other]) {
        expect(await states(topic)).toEqual([
          [1, 'retired'],
          [2, 'live'],
        ]);
        await expect.poll(() => store.rowsRead(topic)).toBe(4);
        // Fed for a while still: a reader may not have noticed.
        expect(await store.rows({ topic, number: 1 })).toBe(1);
      }
    });

    it('changes nothing when it goes live again, twice at once, or was never being built', async () => {
      const topic = await switched();
      const before = await of(topic);
      await generations.goLive([{ topic, number: 2 }]);
      await Promise.all([generations, store.others].map((each) => each.goLive([{ topic, number: 1 }])));
      await generations.goLive([{ topic, number: 3 }]);
      await generations.goLive([{ topic: await store.newTopic(), number: 1 }]);
      expect(await of(topic)).toEqual(before);
      await request(topic);
      await store.put({ topic, number: 3 }, 0, 5n);
      await Promise.all([generations, store.others].map((each) => each.goLive([{ topic, number: 3 }])));
      expect(await states(topic)).toEqual([
        [1, 'retired'],
        [2, 'retired'],
        [3, 'live'],
      ]);
    });

    it('gives up what is being built, and nothing else', async () => {
      const topic = await switched();
      await request(topic);
      await generations.giveUp([1, 2, 3, 4].map((number) => ({ topic, number })));
      const given = await of(topic);
      expect(given.map(({ number, state }) => [number, state])).toEqual([
        [1, 'retired'],
        [2, 'live'],
        [3, 'retired'],
      ]);
      await generations.goLive([{ topic, number: 3 }]);
      await generations.giveUp([{ topic, number: 3 }]);
      expect(await of(topic)).toEqual(given);
    });

    it('drops a retired generation with all that it holds, and leaves the others whole', async () => {
      const topic = await switched();
      const other = await switched();
      await generations.drop({ topic, number: 1 });
      expect(await states(topic)).toEqual([[2, 'live']]);
      expect(await store.rows({ topic, number: 1 })).toBe(0);
      expect(await generations.applied({ topic, number: 1 })).toEqual(new Map());
      expect(await store.rows({ topic, number: 2 })).toBe(5);
      expect(await generations.applied({ topic, number: 2 })).toEqual(new Map([[0, 5n]]));
      await expect.poll(() => store.rowsRead(topic)).toBe(5);
      expect(await store.rows({ topic: other, number: 1 })).toBe(3);
      await Promise.all([generations, store.others].map((each) => each.drop({ topic, number: 1 })));
      expect(await states(topic)).toEqual([[2, 'live']]);
    });

    it('drops nothing that is live, being built, or not there', async () => {
      const topic = await switched();
      await request(topic);
      await store.put({ topic, number: 3 }, 0, 2n);
      for (const number of [2, 3, 4]) await generations.drop({ topic, number });
      expect(await states(topic)).toEqual([
        [1, 'retired'],
        [2, 'live'],
        [3, 'building'],
      ]);
      expect(await store.rows({ topic, number: 2 })).toBe(5);
      expect(await store.rows({ topic, number: 3 })).toBe(2);
    });

    it('never gives a number twice', async () => {
      const topic = await switched();
      await request(topic);
      await generations.giveUp([{ topic, number: 3 }]);
      await generations.drop({ topic, number: 3 });
      await generations.drop({ topic, number: 1 });
      expect((await request(topic)).map(({ number }) => number)).toEqual([4]);
      expect(await states(topic)).toEqual([
        [2, 'live'],
        [4, 'building'],
      ]);
    });

    it('tells another instance at once what was changed', async () => {
      const topic = await switched();
      const seen = (await store.others.list()).filter((generation) => generation.topic === topic);
      expect(seen.toSorted((a, b) => a.number - b.number)).toEqual(await of(topic));
    });
  });
}
