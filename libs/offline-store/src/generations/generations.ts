import type { ClickHouseClient } from '@clickhouse/client';
import type { Generations } from '@millrace/processing';
import { appliedIn, forgetRanges } from '../clickhouse/applied-ranges.ts';
import { storeErrors } from '../clickhouse/errors.ts';
import { identifier } from '../clickhouse/sql.ts';
import { type Deployment, onCluster } from '../clickhouse/table.ts';
import { takingTurns } from '../clickhouse/taking-turns.ts';
import { rawNameOf } from './event-topics.ts';
import { type GenerationTables, generationsOver } from './generations-over.ts';
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
  const tables: GenerationTables = {
    read: (topics) => asked(() => readGenerations(client, topics)),
    write: (marks) =>
      asked(async () => {
        await takingTurns(() =>
          client.insert({
            table: 'generations',
            format: 'JSONEachRow',
            clickhouse_settings: { async_insert: 0, insert_deduplicate: 0 },
            values: marks.map(({ until, ...mark }) => ({ ...mark, until: untilToText(until) })),
          }),
        );
      }),
    dropTable: ({ topic, number }) =>
      asked(async () => {
        const raw = rawNameOf(topic);
        if (raw === undefined) return;
        const table = identifier(physicalTable(raw, number));
        await client.command({ query: `DROP TABLE IF EXISTS ${table}${onCluster(deployment)} SYNC` });
      }),
    forgetRanges: (id) => asked(() => forgetRanges(client, id, deployment)),
    applied: (id) =>
      asked(async () => {
        // Ordered by epoch: the last one of a partition is the current.
        const applied = await appliedIn(client, [id]);
        return new Map(applied.map(({ partition, next }) => [partition, next]));
      }),
  };
  return generationsOver(tables, names && asking(names, asked));
}

/** The names with errors as generations have them. */
function asking(
  names: StableNames,
  asked: ReturnType<typeof storeErrors>,
): Pick<StableNames, 'settle' | 'settleChanged'> {
  return {
    settle: (topic) => asked(() => names.settle(topic)),
    settleChanged: (live) => asked(() => names.settleChanged(live)),
  };
}
