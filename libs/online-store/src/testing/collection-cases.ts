import { randomUUID } from 'node:crypto';
import { type EntityKey, type EventId, newEventId, packPosition } from '@millrace/events';
import type { FeatureValue } from '@millrace/feature-registry';
import type { Micros, Running } from '@millrace/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readService } from '../answer/read-service.ts';
import { bucketOf } from '../bucket.ts';
import { mayBeCollected } from '../may-be-collected.ts';
import type { OnlineRow, OnlineStore } from '../port.ts';
import { rowEncoder } from './index.ts';
import { airport, bruteForce, catalog, type Event, HOUR, T, type ViewName } from './point-in-time-fixture.ts';

const ENTITY = airport.name;
const TTL = catalog.view('hourly').ttl ?? 0n;
const HORIZON = 2n * HOUR;
const EXPIRING = [{ entity: ENTITY, view: 'hourly', ttl: TTL }];

/** What garbage collection may do, and what not; run against each adapter. */
export function collectionCases(name: string, connect: () => Promise<Running<OnlineStore>>): void {
  describe(`${name} collects what is long out of date`, () => {
    let running: Running<OnlineStore>;
    let store: OnlineStore;
    let offset = 0n;
    const from = { topic: 'features.hourly', generation: 1, partition: 0 };
    beforeAll(async () => {
      running = await connect();
      store = running.value;
      await store.resumeFrom(from);
    });
    afterAll(() => running.stop());

    type Written = Pick<Event, 'at' | 'delay'> & { readonly recordedAt: Micros; readonly id?: EventId };

    const rowOf = (
      key: EntityKey,
      view: ViewName,
      { at, delay, recordedAt, id = newEventId() }: Written,
    ): OnlineRow => {
      const { entity, keyCodec } = catalog.view(view);
      const values = delay === 'deleted' ? null : { delay, count: 1n };
      const encoded = rowEncoder(catalog, view)({ key, eventId: id, eventTime: at, values });
      return {
        entity: entity.name,
        key: keyCodec.encode(key),
        view,
        eventTime: at,
        position: packPosition({ epoch: 0, offset: offset++, partition: 0 }),
        eventId: id,
        recordedAt,
        value: values && encoded,
      };
    };
    const write = (...rows: OnlineRow[]) => store.write(rows, { ...from, nextOffset: offset });
    const newAirport = () => ({ airport: randomUUID() });
    const keyOf = (key: EntityKey) => catalog.view('hourly').keyCodec.encode(key);
    const rowsOf = async (key: EntityKey) => {
      const { rows } = await store.readBucket(bucketOf(keyOf(key)));
      return rows.filter((row) => row.key.equals(keyOf(key)));
    };
    const collect = (key: EntityKey, now: Micros) =>
      store.collect(bucketOf(keyOf(key)), EXPIRING, { now, horizon: HORIZON });

    it.each([
      ['as soon as both ages are past, to the microsecond', 0n, TTL + HORIZON + 1n, 0],
      ['not at the very end of the horizon', 0n, TTL + HORIZON, 1],
      ['not when its event time is not past the TTL', HORIZON + 1n, TTL + HORIZON + 1n, 1],
      ['when its event time is just past the TTL', HORIZON, TTL + HORIZON + 1n, 0],
    ])('%s', async (_, eventTime, now, left) => {
      const key = newAirport();
      await write(rowOf(key, 'hourly', { at: T + eventTime, delay: 1, recordedAt: T }));
      await collect(key, T + now);
      expect(await rowsOf(key)).toHaveLength(left);
    });

    it('keeps an old event that was recorded lately, so that history can be loaded and read', async () => {
      const key = newAirport();
      await write(rowOf(key, 'hourly', { at: T - 1000n * HOUR, delay: 1, recordedAt: T }));
      expect(await collect(key, T + HORIZON)).toBe(0);
      expect(await rowsOf(key)).toHaveLength(1);
    });

    it('collects deletions, and keeps rows and deletions of views without a TTL', async () => {
      const [key, kept] = [newAirport(), newAirport()];
      await write(
        rowOf(key, 'hourly', { at: T, delay: 'deleted', recordedAt: T }),
        rowOf(key, 'lasting', { at: T, delay: 1, recordedAt: T }),
        rowOf(kept, 'lasting', { at: T, delay: 'deleted', recordedAt: T }),
      );
      const later = T + 1000n * HOUR;
      for (const one of [key, kept]) await collect(one, later);
      expect((await rowsOf(key)).map(({ view }) => view)).toEqual(['lasting']);
      expect((await rowsOf(kept)).map(({ value }) => value)).toEqual([null]);
    });

    it('forgets ties with their row', async () => {
      const key = newAirport();
      const [first, second] = [1, 2].map((delay) => rowOf(key, 'hourly', { at: T, delay, recordedAt: T }));
      if (first === undefined || second === undefined) throw new Error('two rows were made');
      await write(first, second);
      await collect(key, T + 1000n * HOUR);
      expect(await rowsOf(key)).toEqual([]);
      await write({ ...first, recordedAt: T + 1000n * HOUR });
      expect(await rowsOf(key)).toMatchObject([{ position: first.position }]);
    });

    it('collects from every generation that there is', async () => {
      const key = newAirport();
      const [building] = await store.generations.request([{ topic: from.topic, until: null }]);
      const second = { ...from, generation: building?.number ?? 0 };
      await store.resumeFrom(second);
      const row = rowOf(key, 'hourly', { at: T, delay: 1, recordedAt: T });
      await write(row);
      await store.write([row], { ...second, nextOffset: offset });
      expect(await collect(key, T + TTL + HORIZON)).toBe(0);
      expect(await collect(key, T + TTL + HORIZON + 1n)).toBe(2);
    });

    it('changes no answer for now, and leaves what may not be collected', { timeout: 60_000 }, async () => {
      const step = fc.record({
        /** What the clock moves on by, and how old the event is (or ahead, when negative), in half hours. */
        passes: fc.nat(4),
        age: fc.integer({ min: -9, max: 9 }),
        delay: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(null, 'deleted' as const)),
        copyOf: fc.option(fc.nat(9), { nil: undefined }),
        collects: fc.boolean(),
      });
      const service = catalog.features([{ view: 'hourly', feature: 'delay' }]);
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const key = newAirport();
          const log: Required<Written>[] = [];
          let now = T;
          for (const { passes, age, delay, copyOf, collects } of steps) {
            now += (BigInt(passes) * HOUR) / 2n;
            const at = now - (BigInt(age) * HOUR) / 2n;
            const original = copyOf === undefined ? undefined : log[copyOf];
            const event = { at, delay, id: newEventId(), ...original, recordedAt: now };
            log.push(event);
            await write(rowOf(key, 'hourly', event));
            const time = { now, horizon: HORIZON };
            const expected = (await rowsOf(key)).filter(
              (row) => !collects || !mayBeCollected(row, TTL, time),
            );
            if (collects) await collect(key, now);
            expect(await rowsOf(key)).toEqual(expected);
            const options = { clock: { now: () => now } };
            const { entities } = await readService(store, service, [key], options);
            expect([entities[0]?.statuses[0], entities[0]?.values[0]].map(valueOnly)).toEqual(
              [...bruteForce(log, now)].map(valueOnly),
            );
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}

/** Whether a row that gives no value is unknown or out of date, nobody can tell once it is collected. */
function valueOnly(part: FeatureValue | undefined): FeatureValue | undefined {
  return part === 'NOT_FOUND' || part === 'OUTSIDE_MAX_AGE' ? 'NO_VALUE' : part;
}
