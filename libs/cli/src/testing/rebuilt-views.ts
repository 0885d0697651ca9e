import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { type Running, startTogether } from '@millrace/kernel';
import { z } from 'zod';
import { clickHouseOf, storesConfig } from '../io/stores.ts';
import { openRebuildTarget, type RebuildTarget, type StoreName } from '../rebuild/rebuild-target.ts';
import type { RebuildWorld } from './rebuild-world.ts';

/** Rows of each view. */
export const ROWS = 20_000;
/** Entities that are written once, at the beginning. */
const STILL = 50;

/** The entity of both views. */
export const user = defineEntity({ name: 'rebuild_user', keys: { user_id: 'long' }, owner: 'tests' });

/** A view with one feature. */
export function viewNamed(name: string) {
  return defineFeatureView({
    name,
    entity: user,
    ttl: null,
    owner: 'tests',
    features: { n: { type: 'long' } },
  });
}

export const scores = viewNamed('rebuild_scores');
export const visits = viewNamed('rebuild_visits');
export const names = [scores, visits].map(({ definition: { name } }) => name);
export const topics = names.map((name) => `features.${name}`);
export const features = names.map((name) => `${name}__n`);

/** Its row lies further ahead than the projectors take at first; the gateway takes it. */
const hasty = { user_id: 99_999 };
const ahead = (hours: number) => new Date(Date.now() + hours * 3_600_000);

/** What tests see of two views in both stores. */
export interface RebuiltViews {
  target(store: StoreName): RebuildTarget;
  /** What readers see of entities that nobody writes. */
  readStill(store: StoreName): Promise<unknown>;
  /** The hasty row's value, a feature that was added, of `rich`, and the same of a row from before. */
  readChanged(store: StoreName, rich: { readonly user_id: number }): Promise<readonly unknown[]>;
  /** One value of a view that has one row. */
  readOnly(store: StoreName, view: string): Promise<unknown>;
  /** Whether the live generations have all that the log has. */
  caughtUp(store: StoreName): Promise<boolean>;
  liveNumbers(store: StoreName): Promise<readonly number[]>;
}

/** Registers the views, writes their rows, and connects to both stores. */
export function startRebuiltViews(world: RebuildWorld): Promise<Running<RebuiltViews>> {
  return startTogether(async (starter) => {
    const targets = {
      online: await starter.start(() => openRebuildTarget('online', storesConfig())),
      offline: await starter.start(() => openRebuildTarget('offline', storesConfig())),
    } satisfies Record<StoreName, RebuildTarget>;
    const clickhouse = await starter.start(() => clickHouseOf(storesConfig()));
    await writeRows(world);
    const rowsOf = async (query: string): Promise<unknown> => {
      const answer = await clickhouse.query({ query, format: 'JSONEachRow' });
      return answer.json();
    };
    const valuesOf = async (query: string) =>
      z
        .array(z.object({ value: z.coerce.bigint().nullable() }))
        .parse(await rowsOf(query))
        .map(({ value }) => (value === null ? null : Number(value)));
    return {
      target: (store) => targets[store],
      async readStill(store) {
        if (store === 'online') {
          const entities = Array.from({ length: STILL }, (_, index) => ({ user_id: index }));
          const { rows } = await world.client.online.read({ features }, entities);
          return rows.flatMap(({ values }) => Object.values(values));
        }
        const each = names.map((name) => `SELECT user_id, n FROM features_${name} WHERE user_id < ${STILL}`);
        // ORDER BY after a UNION is that of its last SELECT only.
        return rowsOf(`SELECT * FROM (${each.join(' UNION ALL ')}) ORDER BY ALL`);
      },
      async readChanged(store, rich) {
        const columns = [
          { view: scores, column: 'n', entity: hasty },
          { view: visits, column: 'm', entity: rich },
          { view: visits, column: 'm', entity: { user_id: 1 } },
        ].map(({ view, ...rest }) => ({ name: view.definition.name, ...rest }));
        if (store === 'online') {
          const asked = [...new Set(columns.map(({ name, column }) => `${name}__${column}`))];
          const entities = columns.map(({ entity }) => entity);
          const { rows } = await world.client.online.read({ features: asked }, entities, { at: ahead(2) });
          return columns.map(({ name, column }, index) => rows[index]?.values[`${name}__${column}`]);
        }
        const parts = columns.map(
          ({ name, column, entity }) =>
            `(SELECT any(toNullable(${column})) FROM features_${name} WHERE user_id = ${entity.user_id})`,
        );
        return valuesOf(`SELECT arrayJoin([${parts.join(', ')}]) AS value`);
      },
      async readOnly(store, view) {
        if (store === 'offline') return (await valuesOf(`SELECT n AS value FROM features_${view}`))[0];
        const { rows } = await world.client.online.read({ features: [`${view}__n`] }, [{ user_id: 1 }]);
        return rows[0]?.values[`${view}__n`];
      },
      async caughtUp(store) {
        const { log, generations } = targets[store];
        const list = await generations.list();
        const each = topics.map(async (topic) => {
          const live = list.find((known) => known.topic === topic && known.state === 'live');
          const applied = await generations.applied({ topic, number: live?.number ?? 1 });
          const spans = await log.spans(topic);
          return spans.every(({ partition, next }) => (applied.get(partition) ?? 0n) >= next);
        });
        return (await Promise.all(each)).every(Boolean);
      },
      async liveNumbers(store) {
        const list = await targets[store].generations.list();
        return topics.map(
          (topic) => list.find((known) => known.topic === topic && known.state === 'live')?.number ?? 1,
        );
      },
    };
  });
}

async function writeRows(world: RebuildWorld): Promise<void> {
  const definitions = [user, scores.definition, visits.definition];
  const file = await world.file('definitions.json', JSON.stringify(definitions));
  const { code, complaints } = await world.millrace(['apply', file, '--yes']);
  if (code !== 0) throw new Error(complaints);
  for (const name of names) {
    const rows = Array.from({ length: ROWS }, (_, n) => ({ user_id: n, n, eventTime: new Date() }));
    await world.client.features(name).write(rows);
  }
  const [first = ''] = names;
  await world.client.features(first).write([{ ...hasty, n: 1, eventTime: ahead(1) }]);
}
