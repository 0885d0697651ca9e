import { Argument, type Command } from 'commander';
import { featureTopic } from '@millrace/events';
import { definitionSchema } from '@millrace/feature-registry';
import { describeError } from '@millrace/kernel';
import { z } from 'zod';
import { type Context, contextOf } from '../globals.ts';
import { getJson } from '../io/http.ts';
import { storesConfig } from '../io/stores.ts';
import type { Terminal } from '../io/terminal.ts';
import type { Finish } from '../program.ts';
import { openRebuildTarget, type StoreName, storeNames } from '../rebuild/rebuild-target.ts';
import { cancelRebuild, runRebuild } from '../rebuild/run-rebuild.ts';
import { parseEnds } from '../rebuild/to-offset.ts';

const optionsSchema = z.object({
  view: z.array(z.string()).default([]),
  topic: z.array(z.string()).default([]),
  toOffset: z.string().optional(),
  wait: z.boolean(),
  yes: z.boolean().default(false),
  cancel: z.boolean().default(false),
});

const AFTER_HELP = `
The work is done by the projectors that run; this command asks them and looks on. It may end at any time, the
rebuild goes on. Servers are found by the services' own variables: MILLRACE_KAFKA_BROKERS, MILLRACE_REDIS_URL,
MILLRACE_CLICKHOUSE_URL and so on. The guide is docs/rebuild.md.

Examples:
  $ millrace rebuild online
  $ millrace rebuild offline --view airport_departures --yes
  $ millrace rebuild online --view airport_departures --to-offset features.airport_departures/0=1000
  $ millrace rebuild online --cancel`;

/** `millrace rebuild <store>`. */
export function addRebuild(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('rebuild')
    .summary('build a store anew from the log, beside what is read')
    .description(
      'Builds the online or the offline store anew from the log into a generation beside the one that is read, and changes over to it in one step. Reads and writes go on meanwhile. Where a rebuild is under way and nothing is named, it shows that.',
    )
    .addArgument(new Argument('<store>', 'which store').choices(storeNames))
    .option('--view <view...>', 'only these feature views')
    .option('--topic <topic...>', 'only these topics, such as predictions')
    .option('--to-offset <ends>', 'change over as soon as topic/partition=offset,… is reached')
    .option('--no-wait', 'ask for it and end')
    .option('--cancel', 'give up what is being built')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', AFTER_HELP)
    .action(async (name: string, _: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const { view, topic, toOffset, wait, yes, cancel } = optionsSchema.parse(command.opts());
      const ends = toOffset === undefined ? new Map() : parseEnds(toOffset);
      const store = z.enum(storeNames).parse(name);
      const target = await openRebuildTarget(store, storesConfig());
      try {
        const around = {
          context,
          target: target.value,
          views: () => viewTopics(context),
          projectorState: () => projectorState(store, context),
          onInterrupt(listener: () => void) {
            process.once('SIGINT', listener);
            return () => void process.off('SIGINT', listener);
          },
        };
        const choice = { views: view, topics: topic };
        finish(
          cancel
            ? await cancelRebuild(choice, around)
            : await runRebuild({ ...choice, ends, wait, yes }, around),
        );
      } finally {
        await target.stop();
      }
    });
}

const definitionsSchema = z.object({ definitions: z.array(z.looseObject({ definition: definitionSchema })) });

async function viewTopics({ globals }: Context): Promise<ReadonlyMap<string, string>> {
  const { definitions } = await getJson(`${globals.registryUrl}/v1/definitions`, definitionsSchema);
  return new Map(
    definitions
      .filter(({ definition: { kind } }) => kind === 'feature-view')
      .map(({ definition: { name } }): [string, string] => [name, featureTopic(name)]),
  );
}

async function projectorState(store: StoreName, { globals }: Context): Promise<string> {
  const url = store === 'online' ? globals.onlineProjectorUrl : globals.offlineProjectorUrl;
  const schema = z.looseObject({ problems: z.array(z.string()).default([]) });
  try {
    const { problems } = await getJson(`${url}/health/ready`, schema, { alsoAnswers: [503] });
    return problems.length === 0
      ? `The ${store}-projector at ${url} is ready; does it use the same log and store as this command?`
      : `The ${store}-projector at ${url} is not ready: ${problems.join('; ')}. The rebuild goes on when it is.`;
  } catch (error) {
    return `No ${store}-projector works on it: ${describeError(error)}. The rebuild goes on when one runs.`;
  }
}
