import type { ClickHouseClient } from '@clickhouse/client';
import { type KeyColumns, namedEventId, type OffsetVector } from '@millrace/events';
import {
  defineEntity,
  defineFeatureService,
  defineFeatureView,
  type FeatureType,
} from '@millrace/feature-registry';
import { formatDuration, type Running } from '@millrace/kernel';
import { uniqueName } from '@millrace/testing';
import {
  type CaseQuestion,
  type CaseRecord,
  pointInTimeCases,
  pointInTimeOracle,
} from '@millrace/testing/point-in-time';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identifier } from '../clickhouse/sql.ts';
import { keyColumnType } from '../feature-table/columns.ts';
import type { OfflineStore } from '../port.ts';
import { catalogOf } from '../testing/definitions.ts';
import { openTestStore } from '../testing/test-store.ts';
import { writeRows } from '../testing/write-rows.ts';
import { joinViewsOf } from './join-view.ts';
import { pointInTimeQuery } from './query.ts';

let running: Running<{ readonly client: ClickHouseClient; readonly store: OfflineStore }>;
beforeAll(async () => {
  running = await openTestStore();
});
afterAll(() => running.stop());

describe('the cases', () => {
  test.each(pointInTimeCases)('case $number: $name', async (question) => {
    const answers = question.expected.map((row) =>
      Object.fromEntries(Object.entries(row).map(([feature, { value }]) => [feature, value])),
    );
    expect(await ask(question)).toEqual(answers);
  });
});

describe('generated questions', () => {
  test.each(Array.from({ length: 25 }, (_, seed) => seed))('seed %i', async (seed) => {
    const question = generate(seed);
    const expected = pointInTimeOracle(question).map((row) =>
      Object.fromEntries(Object.entries(row).map(([feature, { value }]) => [feature, value])),
    );
    expect(await ask(question)).toEqual(expected);
  });

  test('answer all four statuses somewhere, so that they can fail', () => {
    const seen = new Set(
      Array.from({ length: 25 }, (_, seed) => pointInTimeOracle(generate(seed)))
        .flat()
        .flatMap((row) => Object.values(row).map(({ status }) => status)),
    );
    expect([...seen].sort()).toEqual(['NOT_FOUND', 'NULL_VALUE', 'OUTSIDE_MAX_AGE', 'PRESENT']);
  });
});

/** Puts a question to the store: the records in two blocks, the first of them inserted twice. */
async function ask(question: CaseQuestion): Promise<Record<string, unknown>[]> {
  const { client, store } = running.value;
  const entity = defineEntity({ name: 'thing', keys: { ...question.keys }, owner: 'test' });
  const view = defineFeatureView({
    name: uniqueName('view'),
    entity,
    ttl: question.ttl === null ? null : formatDuration(question.ttl),
    owner: 'test',
    features: Object.fromEntries(
      Object.entries(question.features).map(([name, type]) => [name, { type: mutable(type) }]),
    ),
  });
  const service = defineFeatureService({
    name: uniqueName('service'),
    owner: 'test',
    views: [{ view, as: 'v', features: Object.keys(question.features) }],
  });
  const catalog = catalogOf(entity, view.definition, service.definition);
  const registered = catalog.view(view.definition.name);
  await store.ensureView(registered, 1);
  const half = Math.ceil(question.records.length / 2);
  for (const part of [
    question.records.slice(0, half),
    question.records.slice(half),
    question.records.slice(0, half),
  ])
    await writeRows(store, registered, part);
  const table = await writeSpine(question);
  const answer = await client.query({
    query: pointInTimeQuery({
      views: joinViewsOf(catalog.service(service.definition.name)),
      spine: {
        table,
        columns: [...Object.keys(question.keys), 'label_time', 'note'],
        timeColumn: 'label_time',
      },
      vector: { [registered.topic]: question.known ?? everything(question.records) },
      ...(question.strict === undefined ? {} : { strict: question.strict }),
    }),
    format: 'JSONEachRow',
  });
  const rows = await answer.json<Record<string, unknown>>();
  expect(rows.map(({ note }) => note)).toEqual(question.spine.map((_, index) => `row ${index}`));
  return rows.map((row) =>
    Object.fromEntries(Object.keys(question.features).map((feature) => [feature, row[`v__${feature}`]])),
  );
}

function everything(records: readonly CaseRecord[]): OffsetVector[string] {
  const vector: Record<string, bigint> = {};
  for (const { partition, offset } of records) {
    const last = vector[String(partition)] ?? -1n;
    vector[String(partition)] = offset > last ? offset : last;
  }
  return vector;
}

async function writeSpine(question: CaseQuestion): Promise<string> {
  const { client } = running.value;
  const table = uniqueName('spine');
  const keys = Object.entries(question.keys satisfies KeyColumns);
  const columns = keys.map(([name, type]) => `${identifier(name)} Nullable(${keyColumnType(type)})`);
  await client.command({
    query: `CREATE TABLE ${table} (__row UInt64, ${columns.join(', ')}, label_time DateTime64(6, 'UTC'), note String)
            ENGINE = MergeTree ORDER BY __row`,
  });
  await client.insert({
    table,
    format: 'JSONEachRow',
    values: question.spine.map(({ key, time }, index) => ({
      ...key,
      __row: index,
      label_time: `${time / 1_000_000n}.${String(time % 1_000_000n).padStart(6, '0')}`,
      note: `row ${index}`,
    })),
  });
  return table;
}

function mutable(type: FeatureType): FeatureType {
  return typeof type === 'string' ? type : { ...type };
}

/** A question of few keys and times, so that ties, copies, deletions and ages at the TTL are common. */
function generate(seed: number): CaseQuestion {
  let state = BigInt(seed) * 7_919n + 17n;
  const below = (limit: number): number => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number((state >> 33n) % BigInt(limit));
  };
  const start = 1_000_000_000_000_000n;
  const key = () => ({ id: `k${below(4)}`, part: below(2) });
  const ids = Array.from({ length: 60 }, (_, index) =>
    namedEventId('generated', String(seed), String(index)),
  );
  const next = [0n, 0n, 0n];
  const records = ids.map((eventId): CaseRecord => {
    const partition = below(3);
    const offset = next[partition] ?? 0n;
    next[partition] = offset + 1n + BigInt(below(2));
    const kind = below(10);
    const values =
      kind === 0 ? null : { x: kind === 1 ? null : below(1000) / 8, y: kind === 2 ? null : `y${below(5)}` };
    return { eventId, key: key(), eventTime: start + BigInt(below(30)), partition, offset, values };
  });
  const copies = Array.from({ length: 12 }, (): CaseRecord[] => {
    const original = records[below(records.length)];
    if (original === undefined) return [];
    const offset = next[original.partition] ?? 0n;
    next[original.partition] = offset + 1n;
    return [{ ...original, offset }];
  }).flat();
  return {
    keys: { id: 'string', part: 'int' },
    features: { x: 'double', y: 'string' },
    ttl: seed % 3 === 0 ? null : BigInt(1 + below(15)),
    records: [...records, ...copies],
    spine: Array.from({ length: 80 }, () => ({ key: key(), time: start + BigInt(below(40)) })),
    ...(seed % 2 === 0 ? { known: { 0: BigInt(below(20)), 1: BigInt(below(20)) } } : {}),
    strict: seed % 5 === 0,
  };
}
