import type { ClickHouseClient } from '@clickhouse/client';
import { namedEventId } from '@millrace/events';
import { defineEntity, defineFeatureView, type RegisteredView } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OfflineStore } from '../port.ts';
import { catalogOf } from '../testing/definitions.ts';
import { openTestStore } from '../testing/test-store.ts';
import { writeRows } from '../testing/write-rows.ts';

let running: Running<{ readonly client: ClickHouseClient; readonly store: OfflineStore }>;
let view: RegisteredView;
beforeAll(async () => {
  running = await openTestStore();
});
afterAll(() => running.stop());

beforeEach(async () => {
  const entity = defineEntity({ name: 'thing', keys: { id: 'int' }, owner: 'test' });
  const { definition } = defineFeatureView({
    name: uniqueName('view'),
    entity,
    ttl: null,
    owner: 'test',
    features: { x: { type: 'int' } },
  });
  view = catalogOf(entity, definition).view(definition.name);
  await running.value.store.ensureView(view, 1);
});

function rowsOf(from: number, until: number) {
  return Array.from({ length: until - from }, (_, index) => {
    const n = from + index;
    const eventId = namedEventId('row', String(n));
    return {
      eventId,
      key: { id: n % 100 },
      eventTime: BigInt(n),
      partition: 0,
      offset: BigInt(n),
      values: { x: n },
    };
  });
}

async function count(query: string): Promise<unknown> {
  const answer = await running.value.client.query({ query, format: 'JSONCompactEachRow' });
  return (await answer.json<readonly unknown[]>())[0]?.[0];
}

test('one batch of the largest size is one part', async () => {
  await writeRows(running.value.store, view, rowsOf(0, 200_000));
  expect(
    await count(
      `SELECT toUInt32(count()) FROM system.parts WHERE database = currentDatabase() AND table = 'features_${view.definition.name}_raw_g1'`,
    ),
  ).toBe(1);
});

test('batches that were inserted again, and cut differently, show each event once', async () => {
  const { store } = running.value;
  for (const [from, until] of [
    [0, 600],
    // The same token once more, then the same records under other tokens.
    [0, 600],
    [600, 1000],
    [0, 1000],
    [300, 700],
  ] as const)
    await writeRows(store, view, rowsOf(from, until));
  const name = view.definition.name;
  expect(await count(`SELECT toUInt32(count()) FROM features_${name}`)).toBe(1000);
  expect(await count(`SELECT toUInt32(uniqExact(offset)) FROM features_${name}_raw`)).toBe(1000);
});

test('an event under several positions shows once, at its first', async () => {
  const { store } = running.value;
  const [first] = rowsOf(7, 8);
  if (first === undefined) throw new Error('no row');
  await writeRows(store, view, [{ ...first, partition: 1, offset: 5n, values: { x: 2 } }]);
  await writeRows(store, view, [{ ...first, partition: 2, offset: 4n, values: { x: 1 } }]);
  await writeRows(store, view, [{ ...first, partition: 0, offset: 9n, eventTime: 0n, values: { x: 3 } }]);
  const answer = await running.value.client.query({
    query: `SELECT x, partition FROM features_${view.definition.name}`,
    format: 'JSONEachRow',
  });
  expect(await answer.json()).toEqual([{ x: 1, partition: 2 }]);
});
