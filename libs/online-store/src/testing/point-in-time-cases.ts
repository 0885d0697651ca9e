import { randomUUID } from 'node:crypto';
import { type EntityKey, newEventId, packPosition } from '@millrace/events';
import { defineFeatureView } from '@millrace/feature-registry';
import type { Micros, Running } from '@millrace/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnlineStore } from '../port.ts';
import { catalogOf, rowEncoder } from './index.ts';
import {
  airport,
  bruteForce,
  catalog,
  type Event,
  features,
  HOUR,
  lasting,
  T,
  type ViewName,
} from './point-in-time-fixture.ts';
import { readService } from '../answer/read-service.ts';

/** The cases of point-in-time correctness that the online store can show; run against each adapter. */
export function pointInTimeCases(name: string, connect: () => Promise<Running<OnlineStore>>): void {
  describe(`${name} follows the point-in-time rule`, () => {
    let running: Running<OnlineStore>;
    let store: OnlineStore;
    let offset = 0n;
    const from = { topic: 'features', generation: 1, partition: 0 };
    beforeAll(async () => {
      running = await connect();
      store = running.value;
      await store.resumeFrom(from);
    });
    afterAll(() => running.stop());

    /** Events as the log has them, one batch for each list; each takes the next offset. */
    const write = async (key: EntityKey, ...batches: readonly Event[][]) => {
      for (const batch of batches) {
        const rows = batch.map(({ view = 'hourly', at, delay, id = newEventId(), key: own = key }) => {
          const values = delay === 'deleted' ? null : { delay, count: 1n };
          const value = rowEncoder(catalog, view)({ key: own, eventId: id, eventTime: at, values });
          const position = packPosition({ epoch: 0, offset: offset++, partition: 0 });
          const { entity, keyCodec } = catalog.view(view);
          const encoded = keyCodec.encode(own);
          return {
            entity: entity.name,
            key: encoded,
            view,
            eventTime: at,
            position,
            eventId: id,
            recordedAt: T,
            value: values && value,
          };
        });
        await store.write(rows, { ...from, nextOffset: offset });
      }
    };
    const delayOf = async (key: EntityKey, at: Micros, view: ViewName = 'hourly') => {
      const service = catalog.features([{ view, feature: 'delay' }]);
      const { entities } = await readService(store, service, [key], { at });
      return [entities[0]?.statuses[0], entities[0]?.values[0]] satisfies unknown[];
    };
    const newAirport = () => ({ airport: randomUUID() });

    it('1, 2: uses a value exactly at the time, not one a microsecond after', async () => {
      const key = newAirport();
      await write(key, [{ at: T, delay: 1 }]);
      expect(await delayOf(key, T)).toEqual(['PRESENT', 1]);
      expect(await delayOf(key, T - 1n)).toEqual(['NOT_FOUND', null]);
    });

    it.each([
      ['3, 4: an hour', 'hourly', HOUR],
      ['5: less than a second', 'brief', 250_000n],
    ] as const)('%s: the TTL is inclusive and exact to the microsecond', async (_, view, ttl) => {
      const key = newAirport();
      await write(key, [{ view, at: T, delay: 1 }]);
      expect(await delayOf(key, T + ttl, view)).toEqual(['PRESENT', 1]);
      expect(await delayOf(key, T + ttl + 1n, view)).toEqual(['OUTSIDE_MAX_AGE', null]);
    });

    it('6: an expired newest row lets no older one through', async () => {
      const key = newAirport();
      await write(key, [
        { at: T, delay: 1 },
        { at: T + 1n, delay: null },
      ]);
      expect(await delayOf(key, T + HOUR + 2n)).toEqual(['OUTSIDE_MAX_AGE', null]);
    });

    it('7: a correction at the same event time wins', async () => {
      const key = newAirport();
      await write(key, [{ at: T, delay: 1 }], [{ at: T, delay: 2 }]);
      expect(await delayOf(key, T)).toEqual(['PRESENT', 2]);
    });

    it('8: a copy of an event does not undo the deletion that came after it', async () => {
      const key = newAirport();
      const id = newEventId();
      await write(key, [{ at: T, delay: 1, id }], [{ at: T, delay: 'deleted' }], [{ at: T, delay: 1, id }]);
      expect(await delayOf(key, T)).toEqual(['NOT_FOUND', null]);
    });

    it('9, 10, 11: a late event is used when it is the newest, and overwrites nothing newer', async () => {
      const key = newAirport();
      await write(
        key,
        [
          { at: T + 10n, delay: 1 },
          { at: T, delay: 2 },
        ],
        [{ at: T + 5n, delay: 3 }],
      );
      expect(await delayOf(key, T + 10n)).toEqual(['PRESENT', 1]);
      const late = newAirport();
      await write(late, [{ at: T - 1000n, delay: 4 }]);
      expect(await delayOf(late, T)).toEqual(['PRESENT', 4]);
    });

    it('12: of two writers at once the newest wins', async () => {
      const key = newAirport();
      await Promise.all(
        [1n, 3n, 2n, 0n].map((later) => write(key, [{ at: T + later, delay: Number(later) }])),
      );
      expect(await delayOf(key, T + 3n)).toEqual(['PRESENT', 3]);
    });

    it('13, 14: tells null, missing, expired and deleted apart', async () => {
      const [nulled, expired, deleted] = [newAirport(), newAirport(), newAirport()];
      await write(nulled, [
        { at: T, delay: 1 },
        { at: T + 1n, delay: null },
      ]);
      await write(expired, [{ at: T - HOUR, delay: 1 }]);
      await write(deleted, [
        { at: T, delay: 1 },
        { at: T + 1n, delay: 'deleted' },
      ]);
      expect(await delayOf(nulled, T + 1n)).toEqual(['NULL_VALUE', null]);
      expect(await delayOf(expired, T + 1n)).toEqual(['OUTSIDE_MAX_AGE', null]);
      expect(await delayOf(deleted, T + 1n)).toEqual(['NOT_FOUND', null]);
      expect(await delayOf(newAirport(), T + 1n)).toEqual(['NOT_FOUND', null]);
    });

    it('15, 16, 17, 20: answers for each entity of the request in its order, under two aliases', async () => {
      const [from, to] = [randomUUID(), randomUUID()];
      await write({ airport: from }, [
        { view: 'lasting', at: T, delay: 1 },
        { at: T, delay: 5 },
      ]);
      await write({ airport: to }, [{ view: 'lasting', at: T, delay: 2 }]);
      const there = { origin: from, destination: to, gate: 'unused' };
      const back = { origin: to, destination: from };
      const answer = await readService(
        store,
        catalog.service('route'),
        [there, { origin: from, destination: 'nowhere' }, back, there],
        { at: T, withOrigin: true },
      );
      expect(answer.features.map((feature) => feature.name)).toEqual([
        'origin__delay',
        'destination__delay',
        'destination__count',
        'hourly__count',
      ]);
      expect(answer.entities.map(({ values }) => values)).toEqual([
        [1, 2, 1n, 1n],
        [1, null, null, 1n],
        [2, 1, 1n, null],
        [1, 2, 1n, 1n],
      ]);
      expect(answer.entities[1]?.rows.map((row) => [row.name, row.view, row.status, row.eventTime])).toEqual([
        ['origin', 'lasting', 'PRESENT', T],
        ['destination', 'lasting', 'NOT_FOUND', null],
        ['hourly', 'hourly', 'PRESENT', T],
      ]);
    });

    it('18: tells composite keys apart', async () => {
      const run = randomUUID();
      const keys = [
        ['1', '23'],
        ['12', '3'],
        ['', '123'],
        ['123', ''],
        ['1,2', '3'],
        ['1', '2,3'],
        ['é', 'e\u0301'],
        ['e\u0301', 'é'],
      ].map(([a = '', b = '']) => ({ a: run + a, b }));
      await write(
        {},
        keys.map((key, delay) => ({ view: 'gates', at: T, delay, key })),
      );
      const { entities } = await readService(
        store,
        catalog.features([{ view: 'gates', feature: 'delay' }]),
        keys,
        { at: T },
      );
      expect(entities.map(({ values }) => values[0])).toEqual(keys.map((_, index) => index));
    });

    it('19: a null in a key matches nothing, and a column that is missing is refused', async () => {
      const service = catalog.features([{ view: 'gates', feature: 'delay' }]);
      const { entities } = await readService(store, service, [{ a: '1', b: null }], { at: T });
      expect(entities[0]?.statuses).toEqual(['NOT_FOUND']);
      await expect(readService(store, service, [{ a: '1' }])).rejects.toMatchObject({ code: 'KEY_INVALID' });
      await expect(readService(store, service, [{ a: '1', b: 7 }])).rejects.toMatchObject({
        code: 'KEY_INVALID',
      });
    });

    it('23: a deleted row is gone, and there again when it is written again', async () => {
      const key = newAirport();
      await write(key, [{ at: T, delay: 1 }], [{ at: T + 10n, delay: 'deleted' }]);
      expect(await delayOf(key, T + 10n)).toEqual(['NOT_FOUND', null]);
      await write(key, [{ at: T + 20n, delay: 2 }]);
      expect(await delayOf(key, T + 20n)).toEqual(['PRESENT', 2]);
    });

    it('serves a row whose producer is ahead of the clock when no time was asked for', async () => {
      const key = newAirport();
      await write(key, [{ at: T + 1n, delay: 1 }]);
      const service = catalog.features([{ view: 'hourly', feature: 'delay' }]);
      const { entities, at } = await readService(store, service, [key], { clock: { now: () => T } });
      expect([at, entities[0]?.values]).toEqual([T, [1]]);
    });

    it('29: a feature that the row was written without is not found', async () => {
      const key = newAirport();
      await write(key, [{ view: 'lasting', at: T, delay: 1 }]);
      const later = defineFeatureView({
        name: 'lasting',
        entity: airport,
        ttl: null,
        owner: 'tests',
        features: { ...features, gates: { type: 'int' } },
      });
      const evolved = catalogOf([airport, lasting.definition], () => 1);
      const registered = catalogOf([airport, later.definition], () => 2).view('lasting');
      const view = {
        ...registered,
        schemas: new Map([...evolved.view('lasting').schemas, ...registered.schemas]),
      };
      const service = {
        name: undefined,
        hash: '',
        views: [
          {
            name: 'lasting',
            view,
            keyColumns: [{ key: 'airport', column: 'airport' }],
            features: [
              { feature: 'gates', name: 'lasting__gates', type: 'int' as const },
              { feature: 'delay', name: 'lasting__delay', type: 'double' as const },
            ],
          },
        ],
      };
      const { entities } = await readService(store, service, [key], { at: T });
      expect(entities[0]).toMatchObject({ statuses: ['NOT_FOUND', 'PRESENT'], values: [null, 1] });
    });

    it('answers as brute force does, read at each moment', { timeout: 60_000 }, async () => {
      const event = fc.record({
        time: fc.integer({ min: 0, max: 6 }),
        delay: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(null, 'deleted' as const)),
        copyOf: fc.option(fc.nat(9), { nil: undefined }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(event, { minLength: 1, maxLength: 10 }),
          fc.nat(8),
          async (generated, ahead) => {
            const key = newAirport();
            const unit = HOUR / 2n;
            const log: Required<Pick<Event, 'at' | 'delay' | 'id'>>[] = [];
            for (const { time, delay, copyOf } of generated) {
              const copied = copyOf === undefined ? undefined : log[copyOf];
              log.push(copied ?? { at: T + BigInt(time) * unit, delay, id: newEventId() });
            }
            // The moment: what is known at `at` is every event up to it.
            const at = T + BigInt(ahead) * unit;
            const known = log.filter((one) => one.at <= at);
            await write(key, known);
            expect(await delayOf(key, at)).toEqual(bruteForce(known, at));
          },
        ),
        { numRuns: 100 },
      );
    });
  });
}
