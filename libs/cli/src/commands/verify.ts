import { type Command, InvalidArgumentError } from 'commander';
import { BUCKETS } from '@millrace/online-store';
import { parseDuration } from '@millrace/kernel';
import { z } from 'zod';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { contextOf } from '../globals.ts';
import type { Terminal } from '../io/terminal.ts';
import type { Finish } from '../program.ts';
import { storesConfig } from '../io/stores.ts';
import { openVerification } from '../verify/open-verification.ts';
import { reportText } from '../verify/report-text.ts';
import { showVerification } from '../verify/show-verification.ts';
import { wholeNumber } from './import.ts';

const optionsSchema = z.object({
  view: z.array(z.string()).optional(),
  deep: z.boolean().default(false),
  buckets: z.tuple([z.number(), z.number()]).optional(),
  maxDifferences: z.number(),
  wait: z.number(),
  onlineStoreName: z.string(),
});

const AFTER_HELP = `
Nothing is changed and writes may go on. Servers are found by the services' own variables: MILLRACE_KAFKA_BROKERS,
MILLRACE_REDIS_URL, MILLRACE_CLICKHOUSE_URL and so on.

Exit codes: 0 the stores are what the log says, 3 they are not, 5 a server does not answer or a store has not reached
what the log had at the beginning.

Examples:
  $ millrace verify
  $ millrace verify --view airport_departures --buckets 0-127`;

/** `millrace verify`. */
export function addVerify(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('verify')
    .summary('prove that both stores are what the log says')
    .description(
      'Checks that nothing of the log is lost, doubled or invented in the offline store, and that every entity and value of the online store is the one that the offline store has at the same positions. Every difference is told with its origin in the log and its cause.',
    )
    .option('--view <view...>', 'only these feature views')
    .option('--buckets <range>', `only these buckets of the online store: 0-${BUCKETS - 1}`, bucketRange)
    .option('--deep', 'also compare every row of the offline store with its record, the old ones too')
    .option('--max-differences <n>', 'list so many; all are counted', wholeNumber, 20)
    .option(
      '--wait <duration>',
      'longest wait for the stores to reach the end of the log',
      milliseconds,
      30_000,
    )
    .option('--online-store-name <name>', 'what the keys of the online store begin with', 'millrace')
    .addHelpText('after', AFTER_HELP)
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const options = optionsSchema.parse(command.opts());
      const running = await openVerification(storesConfig(), options.onlineStoreName);
      const progress = showVerification(terminal);
      try {
        const report = await running.value.verify({
          deep: options.deep,
          maxDifferences: options.maxDifferences,
          waitMs: options.wait,
          ...(options.view === undefined ? {} : { views: options.view }),
          ...(options.buckets === undefined ? {} : { buckets: options.buckets }),
          onProgress: (step) => progress.show(step),
        });
        progress.done();
        context.answer(report, () => reportText(report));
        finish(codeOf[report.outcome]);
      } finally {
        progress.done();
        await running.stop();
      }
    });
}

const codeOf = {
  equal: exitCodes.ok,
  different: exitCodes.refused,
  'not-reached': exitCodes.unavailable,
} as const satisfies Record<string, ExitCode>;

function bucketRange(text: string): [number, number] {
  const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const range: [number, number] = [Number(first), Number(last)];
  if (first === '' || range[0] > range[1] || range[1] >= BUCKETS)
    throw new InvalidArgumentError(`It must be a range such as 0-${BUCKETS - 1}.`);
  return range;
}

function milliseconds(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`It ${parsed.error}.`);
  return Number(parsed.value / 1000n);
}
