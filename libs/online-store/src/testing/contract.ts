import { randomUUID } from 'node:crypto';
import { KeyCodec, packPosition, parseEventId } from '@millrace/events';
import type { Running } from '@millrace/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketOf } from '../bucket.ts';
import type { BatchEnd, OnlineRow, OnlineStore, StoredRow } from '../port.ts';

const keys = new KeyCodec({ airport: 'string' });

function eventId(text: string) {
  const id = parseEventId(text);
  if (id === undefined) throw new Error(`${text} is not a UUID`);
  return id;
}

function plain(row: StoredRow | undefined): StoredRow | undefined {
  if (row === undefined) return undefined;
  const { eventTime, position, recordedAt, value } = row;
  return {
    eventTime,
    position,
    eventId: row.eventId,
    recordedAt,
    value: value === null ? null : Buffer.from(value),
  };
}

/** Brute force: of each event id the smallest position, and of those the greatest by time and position. */
function oracle(rows: readonly StoredRow[]): StoredRow | undefined {
  const first = rows.filter((row) =>
    rows.every((other) => other.eventId !== row.eventId || row.position <= other.position),
  );
  return first.toSorted((a, b) => Number(b.eventTime - a.eventTime) || Number(b.position - a.position))[0];
}

/** What every online store has to do; run against each adapter. */
export function onlineStoreContract(name: string, connect: () => Promise<Running<OnlineStore>>): void {
  describe(`${name} keeps the contract of the online store`, () => {
    let running: Running<OnlineStore>;
    let store: OnlineStore;
    let shared: BatchEnd;
    beforeAll(async () => {
      running = await connect();
      store = running.value;
      shared = await newEnd();
    });
    afterAll(() => running.stop());

    const view = 'departures';
    const id = () => eventId(randomUUID());
    const newKey = () => keys.encode({ airport: randomUUID() });
    const row = (part: Partial<OnlineRow> & { key: Buffer; position: bigint }): OnlineRow => ({
      entity: 'airport',
      view,
      eventTime: 1000n,
      eventId: id(),
      recordedAt: 1_700_000_000_000_000n + (part.position % 1000n),
      value: Buffer.from(`value at ${part.position}`),
      ...part,
    });
    const newEnd = async (): Promise<BatchEnd> => {
      const topic = `features.${randomUUID()}`;
      const from = { topic, generation: 1, partition: 0 };
      await store.resumeFrom(from);
      return { ...from, nextOffset: 1n };
    };
    const write = (...rows: OnlineRow[]) => store.write(rows, shared);
    const readOne = async (key: Buffer) =>
      plain((await store.read([{ entity: 'airport', key, views: [view] }]))[0]?.[0]);

    it('knows nothing of an entity that was never written', async () => {
      expect(await readOne(newKey())).toBeUndefined();
    });

    it('gives a row back as it was written', async () => {
      const key = newKey();
      const written = row({
        key,
        position: 5n,
        eventTime: 123_456_789_012_345n,
        value: Buffer.from([0, 255, 10, 13]),
      });
      expect(await write(written)).toEqual({ changed: 1 });
      const { eventTime, position, eventId: writtenId, recordedAt, value } = written;
      expect(await readOne(key)).toEqual({ eventTime, position, eventId: writtenId, recordedAt, value });
    });

    it('holds the whole range of times and positions, and orders it', async () => {
      const key = newKey();
      const times = [
        -(2n ** 63n),
        -62_135_596_800_000_000n,
        -1n,
        0n,
        2n ** 53n,
        2n ** 53n + 1n,
        2n ** 63n - 1n,
      ];
      const position = packPosition({ epoch: 255, offset: 2n ** 40n - 1n, partition: 65_535 });
      for (const eventTime of times) {
        expect(await write(row({ key, position, eventTime }))).toEqual({ changed: 1 });
        expect(await readOne(key)).toMatchObject({ eventTime, position });
      }
      for (const eventTime of times.slice(0, -1)) {
        expect(await write(row({ key, position, eventTime }))).toEqual({ changed: 0 });
      }
      const same = newKey();
      for (const last of [2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
        expect(await write(row({ key: same, position: last }))).toEqual({ changed: 1 });
      }
    });

    it('keeps an older row from overwriting a newer one, also inside one batch', async () => {
      const key = newKey();
      await write(row({ key, position: 1n, eventTime: 20n }), row({ key, position: 2n, eventTime: 10n }));
      expect(await readOne(key)).toMatchObject({ position: 1n });
      await write(row({ key, position: 3n, eventTime: 19n }));
      expect(await readOne(key)).toMatchObject({ position: 1n });
    });

    it('lets the later position win at one event time', async () => {
      const key = newKey();
      await write(row({ key, position: 7n }));
      await write(row({ key, position: 6n }));
      expect(await readOne(key)).toMatchObject({ position: 7n });
      await write(row({ key, position: 8n }));
      expect(await readOne(key)).toMatchObject({ position: 8n });
    });

    it('keeps a deletion as the newest row', async () => {
      const key = newKey();
      await write(row({ key, position: 1n }));
      await write(row({ key, position: 2n, value: null }));
      expect(await readOne(key)).toMatchObject({ position: 2n, value: null });
    });

    it.each([
      ['in the order of the log', [0, 1, 2]],
      ['the copy first', [2, 1, 0]],
      ['the copy before the deletion', [0, 2, 1]],
      ['the deletion first', [1, 2, 0]],
    ])('does not let a copy undo a deletion: %s', async (_, order) => {
      const key = newKey();
      const original = row({ key, position: 5n });
      const deletion = row({ key, position: 6n, value: null });
      const copy = { ...original, position: 9n };
      const records = [original, deletion, copy];
      for (const index of order) await write(...[records[index]].flatMap((record) => record ?? []));
      expect(await readOne(key)).toMatchObject({ position: 6n, value: null });
    });

    it('forgets ties once a later event time came', async () => {
      const key = newKey();
      await write(row({ key, position: 100n }), row({ key, position: 101n }));
      const [one, other] = [
        row({ key, position: 10n, eventTime: 2000n }),
        row({ key, position: 9n, eventTime: 2000n }),
      ];
      await write(one);
      await write(other);
      expect(await readOne(key)).toMatchObject({ position: 10n });
      await write({ ...one, position: 8n });
      expect(await readOne(key)).toMatchObject({ position: 9n, eventTime: 2000n, eventId: other.eventId });
    });

    it('tells entities, keys and views apart that look alike', async () => {
      const codec = new KeyCodec({ a: 'string', b: 'string' });
      const pairs = [
        ['1', '23'],
        ['12', '3'],
        ['', '123'],
        ['123', ''],
        ['1:2', '3'],
        ['1', '2:3'],
        ['ü', '\u0000'],
      ] as const;
      const run = randomUUID();
      const rows = pairs.flatMap(([a, b], index) =>
        ['left', 'right'].flatMap((entity, side) =>
          ['v1', 'v2'].map((oneView, number) =>
            row({
              key: codec.encode({ a: a + run, b }),
              entity,
              view: oneView,
              position: BigInt(index * 4 + side * 2 + number),
            }),
          ),
        ),
      );
      await write(...rows);
      const found = await store.read(
        rows.map(({ entity, key, view: one }) => ({ entity, key, views: [one] })),
      );
      expect(found.map(([one]) => one?.position)).toEqual(rows.map(({ position }) => position));
    });

    it('reads many entities with different views in the order of the request', async () => {
      const entities = Array.from({ length: 700 }, () => newKey());
      await write(
        ...entities.flatMap((key, index) =>
          ['v0', 'v1', 'v2']
            .slice(index % 2)
            .map((one, number) => row({ key, view: one, position: BigInt(index * 3 + number) })),
        ),
      );
      const reads = entities.map((key, index) => ({
        entity: 'airport',
        key,
        views: index % 3 ? ['v2', 'v0'] : ['v1'],
      }));
      const found = await store.read(reads);
      const expected = entities.map((_, index) => {
        const at = (one: number) => (one < index % 2 ? undefined : BigInt(index * 3 + one - (index % 2)));
        return index % 3 ? [at(2), at(0)] : [at(1)];
      });
      expect(found.map((rows) => rows.map((one) => one?.position))).toEqual(expected);
    });

    it('tells what is applied, and wakes who waits for it', async () => {
      const end = await newEnd();
      const wanted = { [end.topic]: { 0: 4n } };
      expect((await store.applied())[end.topic]).toBeUndefined();
      expect(await store.waitFor(wanted, 5)).toBe(false);
      const waiting = store.waitFor(wanted, 10_000);
      await store.write([row({ key: newKey(), position: 1n })], { ...end, nextOffset: 4n });
      expect((await store.applied())[end.topic]).toEqual({ 0: 3n });
      await store.write([], { ...end, nextOffset: 5n });
      expect(await waiting).toBe(true);
      await store.write([], { ...end, nextOffset: 2n });
      expect((await store.applied())[end.topic]).toEqual({ 0: 4n });
    });

    it('resumes where no bucket misses anything', async () => {
      const end = await newEnd();
      expect(await store.resumeFrom(end)).toBe(0n);
      await store.write([row({ key: newKey(), position: 1n })], { ...end, nextOffset: 10n });
      expect(await store.resumeFrom(end)).toBe(0n);
      await store.write([row({ key: newKey(), position: 11n })], { ...end, nextOffset: 12n });
      await store.checkpoint();
      expect(await store.resumeFrom(end)).toBe(12n);
      expect((await store.applied())[end.topic]).toEqual({ 0: 11n });
    });

    it('reads a bucket with its positions', async () => {
      const end = await newEnd();
      const key = newKey();
      const written = [row({ key, position: 1n, value: null }), row({ key, position: 2n, view: 'other' })];
      await store.write(written, { ...end, nextOffset: 3n });
      const contents = await store.readBucket(bucketOf(key));
      expect(contents.nextOffsets.get(`${end.topic}:0`)).toBe(3n);
      const rows = contents.rows.filter((one) => one.key.equals(key));
      expect(rows.toSorted((a, b) => Number(a.position - b.position))).toEqual(written);
    });

    it('ends in the same state for any order, batches and repetition', { timeout: 60_000 }, async () => {
      const event = fc.record({
        key: fc.constantFrom(0, 0, 0, 1),
        view: fc.constantFrom('v1', 'v1', 'v1', 'v2'),
        event: fc.nat(3),
        time: fc.constantFrom(0n, 0n, 0n, -1n, 1n),
      });
      const log = fc.array(event, { minLength: 1, maxLength: 14 }).chain((events) =>
        fc.record({
          events: fc.constant(events),
          order: fc.array(fc.nat(events.length - 1), { maxLength: 20 }),
          all: fc.shuffledSubarray([...events.keys()], { minLength: events.length }),
          batches: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }),
        }),
      );
      await fc.assert(
        fc.asyncProperty(log, async ({ events, order, all, batches }) => {
          const run = randomUUID();
          const written = events.map(({ key, view: one, event: number, time }, index): OnlineRow => {
            // A copy is the same event, so the id names key, view and time too.
            const hex = `${key}${one.slice(1)}${time + 1n}${number}`;
            return {
              entity: 'airport',
              key: keys.encode({ airport: `${run}/${key}` }),
              view: one,
              eventTime: time,
              position: packPosition({ epoch: 0, offset: BigInt(index), partition: index % 2 }),
              eventId: eventId(`00000000-0000-4000-8000-00000000${hex}`),
              recordedAt: BigInt(index),
              value: number === 0 ? null : Buffer.from(hex),
            };
          });
          let delivery = [...order, ...all].flatMap((index) => written[index] ?? []);
          for (let index = 0; delivery.length > 0; index++) {
            const size = batches[index % batches.length] ?? 1;
            await write(...delivery.slice(0, size));
            delivery = delivery.slice(size);
          }
          for (const key of [0, 1].map((number) => keys.encode({ airport: `${run}/${number}` }))) {
            const views = ['v1', 'v2'];
            const [found] = await store.read([{ entity: 'airport', key, views }]);
            const expected = views.map((one) =>
              oracle(written.filter((other) => other.key.equals(key) && other.view === one)),
            );
            expect(found?.map(plain)).toEqual(expected.map(plain));
          }
        }),
        { numRuns: 150 },
      );
    });
  });
}
