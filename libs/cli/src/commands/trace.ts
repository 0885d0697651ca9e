import type { Command } from 'commander';
import { parseEventId } from '@millrace/events';
import { definitionSchema } from '@millrace/feature-registry';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { contextOf } from '../globals.ts';
import { getJson } from '../io/http.ts';
import { storesConfig } from '../io/stores.ts';
import { table } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';
import type { Finish } from '../program.ts';
import { type Trace, trace } from '../trace/trace.ts';
import { wholeNumber } from './import.ts';

const optionsSchema = z.object({ entity: z.string().optional(), limit: z.number() });
const definitionsSchema = z.object({ definitions: z.array(z.looseObject({ definition: definitionSchema })) });

/** `millrace trace <what>`. */
export function addTrace(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('trace')
    .summary('where an event or an entity is: in the log and in both stores')
    .argument('<what>', 'an event id, or an entity key such as airport=SFO or origin=SFO,destination=JFK')
    .option('--entity <name>', 'the entity, where several have the same key columns')
    .option('--limit <records>', 'newest records of each view', wholeNumber, 5)
    .action(async (what: string, _: unknown, command: Command) => {
      const { globals, answer } = contextOf(command, terminal);
      const { entity, limit } = optionsSchema.parse(command.opts());
      const { definitions } = await getJson(`${globals.registryUrl}/v1/definitions`, definitionsSchema);
      const plain = definitions.map(({ definition }) => definition);
      const found = await trace({ what, entity, limit, definitions: plain }, storesConfig());
      answer({ what, ...found }, () => traceText(found, parseEventId(what)));
      if (found.problems.length > 0) return finish(exitCodes.unavailable);
      const nowhere = found.offline.length === 0 && found.online.every((row) => !row.found);
      return finish(nowhere ? exitCodes.notFound : exitCodes.ok);
    });
}

/** A trace for people. */
export function traceText({ offline, log, online, problems }: Trace, traced?: string): string {
  const served = (eventId: string) =>
    traced === undefined || traced === eventId ? 'served' : 'another event is served';
  const place = ({ topic, partition, offset }: { topic: string; partition: number; offset: bigint }) =>
    `${topic}/${partition}@${offset}`;
  const parts = [
    offline.length === 0
      ? 'Offline store: nothing (an event is found by its id only when the store has it).'
      : `Offline store\n${table(
          ['TABLE', 'EVENT ID', 'EVENT TIME', 'PLACE IN THE LOG'],
          offline.map((record) => [record.table, record.event_id, record.event_time, place(record)]),
        )}`,
    log.length === 0
      ? 'Log: nothing to look up.'
      : `Log\n${table(
          ['PLACE', 'RECORDED AT', 'SCHEMA', 'BYTES'],
          log.map((record) => [
            place(record),
            record.recordedAt ?? 'NOT IN THE LOG',
            String(record.schemaId ?? ''),
            String(record.bytes ?? ''),
          ]),
        )}`,
    online.length === 0
      ? 'Online store: nothing to look up.'
      : `Online store\n${table(
          ['VIEW', 'EVENT ID', 'EVENT TIME', 'STATE'],
          online.map(({ view, eventId = '', eventTime = '', found, deleted }) => [
            view,
            eventId,
            eventTime,
            !found ? 'no row' : deleted === true ? 'deleted' : served(eventId),
          ]),
        )}`,
    ...problems.map((problem) => `Not available: ${problem}`),
  ];
  return parts.join('\n\n');
}
