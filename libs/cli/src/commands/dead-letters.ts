import { type Command, Option } from 'commander';
import { connectSchemaRegistry } from '@millrace/event-log';
import type { EventId } from '@millrace/events';
import { z } from 'zod';
import { inspectDeadLetter, inspectionText } from '../dead-letters/inspect.ts';
import { parseLetter, parseLetters, placeText } from '../dead-letters/name-letters.ts';
import { giveCommand } from '../dead-letters/give-command.ts';
import {
  deadLetterStates,
  type ListedDeadLetter,
  listDeadLetters,
} from '../dead-letters/read-dead-letters.ts';
import { contextOf } from '../globals.ts';
import { clickHouseOf, storesConfig } from '../io/stores.ts';
import { table } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';
import type { Finish } from '../program.ts';
import { wholeNumber } from './import.ts';
import { instant } from './windows.ts';

const AFTER_HELP = `
A dead letter is named by its id or by the place of its record, such as features.departures/0@17.
Kafka, the schema registry and ClickHouse are found by the services' own variables: MILLRACE_KAFKA_BROKERS,
MILLRACE_SCHEMA_REGISTRY_URL, MILLRACE_CLICKHOUSE_URL and so on. The guide is docs/dead-letters.md.

Examples:
  $ millrace dead-letters list --code SCHEMA_UNKNOWN
  $ millrace dead-letters inspect features.departures/0@17
  $ millrace dead-letters replay --all --topic features.departures --reason "schema 7 is registered again"
  $ millrace dead-letters discard features.departures/0@17 --reason "a test of the sender"`;

const filterSchema = z.object({
  topic: z.string().optional(),
  code: z.string().optional(),
  state: z.enum(deadLetterStates).default('open'),
  since: z.string().optional(),
});
const listSchema = filterSchema.extend({ limit: z.number() });
const orderSchema = filterSchema.extend({
  all: z.boolean().default(false),
  by: z.string().optional(),
  reason: z.string().optional(),
  yes: z.boolean().default(false),
});

/** `millrace dead-letters …`. */
export function addDeadLetters(program: Command, terminal: Terminal, finish: Finish): void {
  const letters = program
    .command('dead-letters')
    .summary('records that could not be processed: list, inspect, replay, discard')
    .addHelpText('after', AFTER_HELP);
  addList(letters, terminal);
  addInspect(letters, terminal);
  addReplay(letters, terminal, finish);
  addDiscard(letters, terminal, finish);
}

function addList(letters: Command, terminal: Terminal): void {
  filtered(letters.command('list').summary('the newest dead letters'))
    .addOption(new Option('--state <state>', 'what became of it').choices(deadLetterStates).default('open'))
    .option('--limit <letters>', 'how many', wholeNumber, 50)
    .action(async (_: unknown, command: Command) => {
      const { answer } = contextOf(command, terminal);
      const { limit, ...filter } = listSchema.parse(command.opts());
      const client = await clickHouseOf(storesConfig());
      try {
        const listed = await listDeadLetters(client.value, filter, limit);
        answer({ deadLetters: listed }, () => lettersText(listed));
      } finally {
        await client.stop();
      }
    });
}

function addInspect(letters: Command, terminal: Terminal): void {
  letters
    .command('inspect')
    .summary('one dead letter: why it died, and its record as far as it can be read')
    .argument('<letter>', 'its id, or topic/partition@offset', parseLetter)
    .action(async (id: EventId, _: unknown, command: Command) => {
      const { answer } = contextOf(command, terminal);
      const config = storesConfig();
      const client = await clickHouseOf(config);
      try {
        const inspection = await inspectDeadLetter(client.value, connectSchemaRegistry(config), id);
        answer(inspection, () => inspectionText(inspection));
      } finally {
        await client.stop();
      }
    });
}

function addReplay(letters: Command, terminal: Terminal, finish: Finish): void {
  const command = ordering(
    letters
      .command('replay')
      .summary('append records once more, as they are, after what was wrong is mended'),
  ).option('--reason <text>', 'what was mended');
  onOrder('replay', command, terminal, finish);
}

function addDiscard(letters: Command, terminal: Terminal, finish: Finish): void {
  const command = ordering(
    letters.command('discard').summary('say that records need not be processed, and why'),
  ).requiredOption('--reason <text>', 'why');
  onOrder('discard', command, terminal, finish);
}

function ordering(command: Command): Command {
  return filtered(
    command
      .argument('[letters...]', 'ids, or topic/partition@offset', parseLetters, [])
      .option('--all', 'every open one that fits --topic, --code and --since'),
  );
}

function onOrder(what: 'replay' | 'discard', command: Command, terminal: Terminal, finish: Finish): void {
  command
    .option('--by <name>', 'who does it; by default your user name')
    .option('-y, --yes', 'do not ask')
    .action(async (ids: readonly EventId[], _: unknown, given: Command) => {
      const { all, by, reason, yes, ...filter } = orderSchema.parse(given.opts());
      const order = { by, reason: reason ?? null };
      finish(await giveCommand({ what, ids, all, filter, order, yes }, contextOf(given, terminal)));
    });
}

function filtered(command: Command): Command {
  return command
    .option('--topic <topic>', 'of records of this topic')
    .option('--code <code>', 'with this error code')
    .option('--since <time>', 'written at or after it', instant);
}

/** Dead letters for people. */
export function lettersText(listed: readonly ListedDeadLetter[]): string {
  if (listed.length === 0) return 'There is none.';
  return table(
    ['DEAD LETTER', 'RECORD', 'STATE', 'CODE', 'REASON'],
    listed.map(({ id, state, code, reason, ...place }) => [
      id,
      placeText(place),
      state,
      code,
      shortened(reason),
    ]),
  );
}

function shortened(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
