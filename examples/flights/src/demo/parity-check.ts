import { featureTopic, KeyCodec, unpackPosition } from '@millrace/events';
import type { DefinedView } from '@millrace/feature-registry';
import { featureReference } from '@millrace/feature-registry';
import { parseDuration } from '@millrace/kernel';
import { BUCKETS, type OnlineRow } from '@millrace/online-store';
import { z } from 'zod';
import { airportDepartures, routeDepartures } from '../definitions.ts';
import { type Minutes, toMicros } from '../minutes.ts';
import { type Check, CheckFailed, mustEqual } from './checks.ts';
import { formatCount } from './table.ts';
import type { World } from './world.ts';

/** That the online store holds, for every entity, what the offline store says is newest: place and values. */
export function parityChecks(world: World, at: Minutes): Check[] {
  return [airportDepartures, routeDepartures].map((view) => ({
    name: `Redis agrees with ClickHouse on ${view.definition.name}`,
    async run() {
      const newest = await newestOffline(world, view);
      await samePlaces(world, view, newest);
      const values = await sameValues(world, view, newest, at);
      return `${formatCount(newest.length)} entities, ${formatCount(values)} values`;
    },
  }));
}

interface NewestRow {
  readonly key: Readonly<Record<string, string>>;
  readonly time: number;
  readonly partition: number;
  readonly offset: number;
  readonly values: Readonly<Record<string, number | null>>;
}

const READ_AT_ONCE = 1000;

/** What SQL says is the newest row of each entity. */
async function newestOffline({ analyst }: World, { definition, entity }: DefinedView): Promise<NewestRow[]> {
  const keys = Object.keys(entity.keys);
  const features = Object.keys(definition.features);
  const rowSchema = z
    .object({
      key: z.record(z.string(), z.string()),
      values: z.array(z.number().nullable()),
      time: z.number(),
      partition: z.number(),
      offset: z.number(),
    })
    .transform(({ values, ...row }) => ({
      ...row,
      values: Object.fromEntries(features.map((name, index) => [name, values[index] ?? null])),
    }));
  const key = `map(${keys.map((name) => `'${name}', ${name}`).join(', ')})`;
  const values = `[${features.map((name) => `toFloat64(${name})`).join(', ')}]`;
  return analyst.rows(
    rowSchema,
    `SELECT ${key} AS key, ${values} AS values, toUnixTimestamp64Micro(event_time) AS time, partition, offset
    FROM features_${definition.name} ORDER BY as_of_key DESC LIMIT 1 BY ${keys.join(', ')}`,
  );
}

/** Every row of the online store is the record that is newest offline, and there is no other. */
async function samePlaces(
  { onlineStore }: World,
  { definition, entity }: DefinedView,
  newest: readonly NewestRow[],
) {
  const online = new Map<string, OnlineRow>();
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const { rows } = await onlineStore.readBucket(bucket);
    for (const row of rows) if (row.view === definition.name) online.set(row.key.toString('hex'), row);
  }
  mustEqual('entities in Redis', online.size, newest.length);
  const codec = new KeyCodec(entity.keys);
  for (const { key, time, partition, offset } of newest) {
    const row = online.get(codec.encode(key).toString('hex'));
    if (row === undefined) throw new CheckFailed(`Redis does not have ${nameOf(key)}`);
    const place = unpackPosition(row.position);
    mustEqual(`event time of ${nameOf(key)} in Redis`, Number(row.eventTime), time);
    mustEqual(`partition of ${nameOf(key)} in Redis`, place.partition, partition);
    mustEqual(`offset of ${nameOf(key)} in Redis`, Number(place.offset), offset);
  }
}

/** Every value that is served is the one that SQL finds under the same rule; answers how many were compared. */
async function sameValues({ millrace }: World, view: DefinedView, newest: readonly NewestRow[], at: Minutes) {
  const { name, ttl } = view.definition;
  const features = Object.keys(view.definition.features);
  const age = ttl === null ? undefined : parseDuration(ttl);
  const oldest = Number(toMicros(at)) - (age?.ok === true ? Number(age.value) : Number.POSITIVE_INFINITY);
  for (let from = 0; from < newest.length; from += READ_AT_ONCE) {
    const batch = newest.slice(from, from + READ_AT_ONCE);
    const { rows } = await millrace.online.read(
      { features: features.map((feature) => featureReference(name, feature)) },
      batch.map(({ key }) => key),
      { at: toMicros(at), withOrigin: true },
    );
    for (const [index, { key, time, values }] of batch.entries()) {
      for (const feature of features) {
        const expected = time < oldest ? null : values[feature];
        const served = rows[index]?.features[featureReference(name, feature)];
        if (served?.value !== expected) {
          throw new CheckFailed(
            `${feature} of ${nameOf(key)} is ${String(served?.value)} online and ${expected} offline (${featureTopic(name)})`,
          );
        }
      }
    }
  }
  return newest.length * features.length;
}

function nameOf(key: NewestRow['key']): string {
  return Object.values(key).join('-');
}
