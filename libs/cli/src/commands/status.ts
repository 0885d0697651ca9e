import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { contextOf } from '../globals.ts';
import { grouped, table } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';
import type { Finish } from '../program.ts';
import { readStatus, type Status } from '../status/read-status.ts';

/** `millrace status`. */
export function addStatus(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('status')
    .summary('services, servers, lag of both stores, rebuilds, watermarks')
    .description(
      'Shows whether the services and the servers behind them work, how many records of each topic the stores do not have yet, how far rebuilds are, and how far event time has come. Exit code 5 when something is not ready.',
    )
    .addHelpText(
      'after',
      "\nServers are found by the services' own variables: MILLRACE_KAFKA_BROKERS, MILLRACE_REDIS_URL,\nMILLRACE_CLICKHOUSE_URL and so on.",
    )
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const status = await readStatus(context);
      const ready = [...status.services, ...status.servers].every((part) => part.ready);
      context.answer({ ready, ...status }, () => statusText(status));
      finish(ready ? exitCodes.ok : exitCodes.unavailable);
    });
}

/** The status for people. */
export function statusText({ services, servers, topics, watermarks, rebuilds }: Status): string {
  const parts = table(
    ['PART', 'WHERE', 'STATE'],
    [...services, ...servers].map(({ name, where, ready, problems }) => [
      name,
      where,
      ready ? 'ready' : `NOT READY: ${problems.join('; ')}`,
    ]),
  );
  const lag = (records: bigint | null) => (records === null ? '-' : grouped(records));
  const lags = table(
    ['TOPIC', 'RECORDS', 'ONLINE LAG', 'OFFLINE LAG'],
    topics.map(({ topic, records, onlineLag, offlineLag }) => [
      topic,
      grouped(records),
      lag(onlineLag),
      lag(offlineLag),
    ]),
  );
  const marks = table(
    ['MONITOR', 'WATERMARK', 'CLOSED THROUGH'],
    watermarks.map(({ monitor, watermark, closedThrough }) => [
      monitor,
      watermark ?? '-',
      closedThrough ?? '-',
    ]),
  );
  const building = table(
    ['REBUILD', 'TOPIC', 'DONE', 'OF'],
    rebuilds.map(({ store, topic, done, total }) => [store, topic, grouped(done), grouped(total)]),
  );
  return [
    parts,
    ...(topics.length === 0 ? [] : [lags]),
    ...(rebuilds.length === 0 ? [] : [building]),
    ...(watermarks.length === 0 ? [] : [marks]),
  ].join('\n\n');
}
