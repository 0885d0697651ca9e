import { randomUUID } from 'node:crypto';
import { groupMishaps, mishapOfIdleGroup, mishapOfRunningGroup } from '@millrace/event-log/testing';
import { groupOf } from '@millrace/processing';
import { testStack } from '@millrace/testing';
import { describe, it } from 'vitest';
import { startProjectorFixture } from './testing/projector-fixture.ts';

const ROWS = 60;
const PATIENCE_MS = 60_000;

describe.concurrent('where the online projector goes on is what the store says', () => {
  it.for(groupMishaps)(
    'with committed offsets that are %s, while it runs and while it does not',
    { timeout: 240_000 },
    async (mishap, { expect, onTestFinished }) => {
      const { brokers } = testStack().kafka;
      const { value: fixture, stop } = await startProjectorFixture(testStack().redis.url);
      onTestFinished(stop);
      const place = {
        brokers,
        groupId: groupOf('online-projector', { topic: fixture.topic, number: 1 }),
        topic: fixture.topic,
      };
      const append = () =>
        fixture.appendRows(
          ...Array.from({ length: ROWS }, (_, n) =>
            fixture.row(randomUUID(), { values: { delay: n, count: 1n } }),
          ),
        );
      const stored = async (offsets: Awaited<ReturnType<typeof append>>) => {
        expect(await fixture.store.waitFor(offsets, PATIENCE_MS)).toBe(true);
      };
      const first = await fixture.startProjector();
      await stored(await append());
      await mishapOfRunningGroup(place, mishap, append);
      await stored(await append());
      await fixture.expectEqualToLog();
      await first.stop();

      const offsets = await append();
      await mishapOfIdleGroup(place, mishap);
      const second = await fixture.startProjector();
      await stored(offsets);
      await fixture.expectEqualToLog();
      // Nothing was read again.
      const rows = (await second.value.rows.get()).values.map(({ value }) => value);
      expect(rows).toEqual([ROWS]);
      await second.stop();
    },
  );
});
