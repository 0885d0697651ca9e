import { newEventId } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import type { Generation, GenerationId, Generations } from '@millrace/processing';
import { rawNameOf } from './event-topics.ts';
import type { Mark, TopicGenerations } from './marks.ts';
import type { SettledNames } from './settled-names.ts';

/** A mark before its time is known. */
export type NewMark = Omit<Mark, 'since'>;

/** What generations are kept in. Every method may be called again, and by two at once, without harm. */
export interface GenerationTables {
  /** What is known of topics that were ever rebuilt, all of them when left out. */
  read(topics?: readonly string[]): Promise<ReadonlyMap<string, TopicGenerations>>;
  /** Adds marks, all at once or none. */
  write(marks: readonly NewMark[]): Promise<void>;
  /** Drops the table of a generation's rows. */
  dropTable(id: GenerationId): Promise<void>;
  /** Forgets which ranges a generation holds. */
  forgetRanges(id: GenerationId): Promise<void>;
  applied(id: GenerationId): Promise<ReadonlyMap<number, bigint>>;
}

/** Generations whose order is that of their marks. @param names what keeps the names that analysts use, if anything. */
export function generationsOver(
  tables: GenerationTables,
  names?: Pick<SettledNames, 'settle' | 'settleChanged'>,
): Generations {
  async function write(marks: readonly NewMark[]): Promise<void> {
    if (marks.length > 0) await tables.write(marks);
  }

  async function inState(
    ids: readonly GenerationId[],
    state: Generation['state'],
  ): Promise<readonly Generation[]> {
    const known = await tables.read(ids.map(({ topic }) => topic));
    return ids.flatMap(({ topic, number }) => {
      const found = known.get(topic)?.generations.find((each) => each.number === number);
      return found?.state === state ? [found] : [];
    });
  }

  return {
    async list() {
      const known = await tables.read();
      await names?.settleChanged(liveOf(known));
      return [...known.values()].flatMap(({ generations }) => generations);
    },

    async request(topics) {
      const wanted = topics.map(({ topic }) => topic);
      const unknown = wanted.find((topic) => rawNameOf(topic) === undefined);
      if (unknown !== undefined)
        throw new MillraceError('REQUEST_INVALID', `the offline store does not keep the topic ${unknown}`);
      const known = await tables.read(wanted);
      const rebuild = newEventId();
      await write(
        topics.flatMap(({ topic, until }) => {
          const before = known.get(topic);
          if (buildingOf(before) !== undefined) return [];
          return [{ topic, number: (before?.last ?? 1) + 1, mark: 'building' as const, rebuild, until }];
        }),
      );
      // Of two who asked at once, the first one's marks count for both.
      const now = await tables.read(wanted);
      return wanted.flatMap((topic) => buildingOf(now.get(topic)) ?? []);
    },

    async goLive(ids) {
      const building = await inState(ids, 'building');
      await write(building.map((generation) => ({ ...pick(generation), mark: 'live' as const })));
      for (const { topic } of building) await names?.settle(topic);
    },

    async giveUp(ids) {
      const building = await inState(ids, 'building');
      await write(building.map((generation) => ({ ...pick(generation), mark: 'retired' as const })));
    },

    async drop(id) {
      const [retired] = await inState([id], 'retired');
      if (retired === undefined) return;
      // No name may lead to a table that goes.
      await names?.settle(id.topic);
      await tables.dropTable(id);
      await tables.forgetRanges(id);
      await write([{ ...pick(retired), mark: 'dropped' }]);
    },

    applied: (id) => tables.applied(id),
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
