import type { Clock } from '@millrace/kernel';
import { type GenerationTables, generationsOver, SettledNames } from '@millrace/offline-store/simulation';
import type { Generations } from '@millrace/processing';
import { type SimulatedClickHouse, tableOf } from './simulated-clickhouse.ts';

/** Has a statement carried out when it is time. */
export type Ask = <T>(action: string, perform: () => T) => Promise<T>;

/** The names that analysts use, as one process keeps them. */
export function simulatedNames(server: SimulatedClickHouse, ask: Ask): SettledNames {
  return new SettledNames(
    (topic) => ask(`which generation of ${topic} is live`, () => server.live(topic)),
    async (topic, generation) => {
      const table = tableOf(topic, generation);
      await ask(`make ${table}`, () => server.createTable(table));
      await ask(`show ${table}`, () => server.show(topic, generation));
    },
  );
}

/** The generations as one process sees them. @param names that it keeps, if it does. */
export function simulatedGenerations(
  server: SimulatedClickHouse,
  clock: Clock,
  ask: Ask,
  names?: SettledNames,
): Generations {
  const tables: GenerationTables = {
    read: () => ask('read generations', () => server.generations),
    write: (marks) =>
      ask(`mark ${marks.map(({ topic, number, mark }) => `${topic}#${number} ${mark}`).join(', ')}`, () =>
        server.mark(marks, clock.now()),
      ),
    dropTable: ({ topic, number }) =>
      ask(`drop ${tableOf(topic, number)}`, () => server.dropTable(topic, number)),
    forgetRanges: ({ topic, number }) =>
      ask(`forget ranges of ${topic}#${number}`, () => server.forgetRanges(topic, number)),
    applied: ({ topic, number }) => ask(`what ${topic}#${number} holds`, () => server.applied(topic, number)),
  };
  return generationsOver(tables, names);
}
