import type { ClickHouseClient } from '@clickhouse/client';
import { newEventId } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import type { Generation, GenerationId, Generations } from '@millrace/processing';
import { appliedIn, forgetRanges } from '../clickhouse/applied-ranges.ts';
import { storeErrors } from '../clickhouse/errors.ts';
import { identifier } from '../clickhouse/sql.ts';
import { type Deployment, onCluster } from '../clickhouse/table.ts';
import type { Mark, TopicGenerations } from './marks.ts';
import { rawNameOf } from './event-topics.ts';
import { physicalTable } from './physical-table.ts';
import { readGenerations, untilToText } from './read-marks.ts';
import type { StableNames } from './stable-names.ts';

/**
 * The generations of the offline store. One insert into the table `generations` is the switch of all topics of a
 * rebuild; readers inside resolve tables through it. The names that analysts use follow at once, and where a crash
 * came between, with the next look.
 *
 * @param names what keeps those names; left out by who only asks and watches.
 */
export function clickHouseGenerations(
  client: ClickHouseClient,
  deployment: Deployment,
  names?: StableNames,
): Generations {
  const asked = storeErrors('generations in ClickHouse');

  async function write(marks: readonly Pick<Mark, 'topic' | 'number' | 'mark' | 'rebuild' | 'until'>[]) {
    if (marks.length === 0) return;
    await client.insert({
      table: 'generations',
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, insert_deduplicate: 0 },
      values: marks.map(({ until, ...mark }) => ({ ...mark, until: untilToText(until) })),
    });
  }

  async function inState(
    ids: readonly GenerationId[],
    state: Generation['state'],
  ): Promise<readonly Generation[]> {
    const known = await readGenerations(
      client,
      ids.map(({ topic }) => topic),
    );
    return ids.flatMap(({ topic, number }) => {
      const found = known.get(topic)?.generations.find((each) => each.number === number);
      return found?.state === state ? [found] : [];
    });
  }

  return {
    list: () =>
      asked(async () => {
        const known = await readGenerations(client);
        await names?.settleChanged(liveOf(known));
        return [...known.values()].flatMap(({ generations }) => generations);
      }),

    request: (topics) =>
      asked(async () => {
        const wanted = topics.map(({ topic }) => topic);
        const unknown = wanted.find((topic) => rawNameOf(topic) === undefined);
        if (unknown !== undefined)
          throw new MillraceError('REQUEST_INVALID', `the offline store does not keep the topic ${unknown}`);
        const known = await readGenerations(client, wanted);
        const rebuild = newEventId();
        await write(
          topics.flatMap(({ topic, until }) => {
            const before = known.get(topic);
            if (buildingOf(before) !== undefined) return [];
            return [{ topic, number: (before?.last ?? 1) + 1, mark: 'building' as const, rebuild, until }];
          }),
        );
        // Of two who asked at once, the first one's marks count for both.
        const now = await readGenerations(client, wanted);
        return wanted.flatMap((topic) => buildingOf(now.get(topic)) ?? []);
      }),

    goLive: (ids) =>
      asked(async () => {
        const building = await inState(ids, 'building');
        await write(building.map((generation) => ({ ...pick(generation), mark: 'live' as const })));
        for (const { topic } of building) await names?.settle(topic);
      }),

    giveUp: (ids) =>
      asked(async () => {
        const building = await inState(ids, 'building');
        await write(building.map((generation) => ({ ...pick(generation), mark: 'retired' as const })));
      }),

    drop: (id) =>
      asked(async () => {
        const [retired] = await inState([id], 'retired');
        if (retired === undefined) return;
        // No name may lead to a table that goes.
        await names?.settle(id.topic);
        const raw = rawNameOf(id.topic);
        if (raw !== undefined) {
          const table = identifier(physicalTable(raw, id.number));
          await client.command({ query: `DROP TABLE IF EXISTS ${table}${onCluster(deployment)} SYNC` });
        }
        await forgetRanges(client, id, deployment);
        await write([{ ...pick(retired), mark: 'dropped' }]);
      }),

    applied: (id) =>
      asked(async () => {
        // Ordered by epoch: the last one of a partition is the current.
        const applied = await appliedIn(client, [id]);
        return new Map(applied.map(({ partition, next }) => [partition, next]));
      }),
  };
}

function liveOf(known: ReadonlyMap<string, TopicGenerations>): ReadonlyMap<string, number> {
  return new Map([...known].map(([topic, { live }]) => [topic, live]));
}

function buildingOf(known: TopicGenerations | undefined): Generation | undefined {
  return known?.generations.find(({ state }) => state === 'building');
}

function pick({ topic, number, rebuild, until }: Generation) {
  return { topic, number, rebuild, until };
}
