import { MillraceError } from '@millrace/kernel';
import type { Generation } from '@millrace/processing';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { type Context } from '../globals.ts';
import { grouped, table } from '../io/table.ts';
import { chooseTopics, type Choice } from './choose-topics.ts';
import { measureProgress } from './measure.ts';
import type { RebuildTarget } from './rebuild-target.ts';
import { rebuildDisplay } from './show-progress.ts';
import { summaryOf, summaryText } from './summary.ts';
import { checkEnds, type Ends } from './to-offset.ts';
import { watchRebuild } from './watch.ts';

/** What was asked of `millrace rebuild`. */
export interface RebuildOptions extends Choice {
  readonly ends: Ends;
  readonly wait: boolean;
  readonly yes: boolean;
}

/** What a rebuild needs of its surroundings. */
export interface RebuildSurroundings {
  readonly context: Context;
  readonly target: RebuildTarget;
  /** Topics of the feature views, by view. */
  views(): Promise<ReadonlyMap<string, string>>;
  /** A sentence about the projector that has to do the work. */
  projectorState(): Promise<string>;
  /** Calls the listener when the person at the terminal wants to end the command; returns how to stop that. */
  onInterrupt(listener: () => void): () => void;
}

/**
 * Asks for a rebuild, unless one is under way and nothing else was named, and follows it until it is live.
 *
 * @throws MillraceError DEFINITION_UNKNOWN, REQUEST_INVALID, STORE_UNAVAILABLE, LOG_UNAVAILABLE, STORE_LOST_WRITES
 */
export async function runRebuild(options: RebuildOptions, around: RebuildSurroundings): Promise<ExitCode> {
  const { target } = around;
  const underWay = (await target.generations.list()).filter(({ state }) => state === 'building');
  const namesNothing = options.views.length === 0 && options.topics.length === 0 && options.ends.size === 0;
  if (namesNothing && underWay.length > 0) {
    around.context.terminal.err(
      `A rebuild of the ${target.store} store is under way: ${underWay.map(({ topic }) => topic).join(', ')}.`,
    );
    return follow(underWay, options, around);
  }
  const known = { views: await around.views(), otherTopics: target.otherTopics };
  const topics = chooseTopics(target.store, options, known);
  await check(topics, options, underWay, target);
  const code = await confirm(topics, underWay, options, around);
  if (code !== undefined) return code;
  const asked = await target.generations.request(
    topics.map((topic) => ({ topic, until: options.ends.get(topic) ?? null })),
  );
  return follow(asked, options, around);
}

/** Gives up what is being built: of the topics that were named, else all of it. */
export async function cancelRebuild(
  choice: Choice,
  { context, target, views }: Pick<RebuildSurroundings, 'context' | 'target' | 'views'>,
): Promise<ExitCode> {
  const { store, generations } = target;
  const building = (await generations.list()).filter(({ state }) => state === 'building');
  const namesNothing = choice.views.length === 0 && choice.topics.length === 0;
  const named = namesNothing
    ? undefined
    : chooseTopics(store, choice, { views: await views(), otherTopics: target.otherTopics });
  const given = building.filter(({ topic }) => named === undefined || named.includes(topic));
  await generations.giveUp(given);
  const topics = given.map(({ topic, number }) => ({ topic, generation: number }));
  context.answer({ store, state: 'givenUp', topics }, () =>
    topics.length === 0
      ? `Nothing of the ${store} store is being rebuilt.`
      : `Given up: ${topics.map(({ topic }) => topic).join(', ')}. What is read stays as it was; what was built is dropped soon.`,
  );
  return topics.length === 0 ? exitCodes.notFound : exitCodes.ok;
}

async function check(
  topics: readonly string[],
  { ends }: RebuildOptions,
  underWay: readonly Generation[],
  { log }: RebuildTarget,
): Promise<void> {
  if (ends.size === 0) return;
  const fixed = underWay.find(({ topic }) => ends.has(topic));
  if (fixed !== undefined) {
    throw new MillraceError(
      'REQUEST_INVALID',
      `${fixed.topic} is being rebuilt already, and its end stays; --cancel gives that up`,
    );
  }
  const spans = await Promise.all(topics.map(async (topic) => [topic, await log.spans(topic)] as const));
  checkEnds(ends, new Map(spans));
}

/** Shows what will be done and asks. @returns the exit code where it ends here. */
async function confirm(
  topics: readonly string[],
  underWay: readonly Generation[],
  { yes, ends }: RebuildOptions,
  { context: { terminal }, target: { store, log } }: RebuildSurroundings,
): Promise<ExitCode | undefined> {
  if (yes) return undefined;
  const rows = await Promise.all(
    topics.map(async (topic) => {
      const records = (await log.spans(topic)).reduce((sum, { first, next }) => sum + next - first, 0n);
      const note = underWay.some((generation) => generation.topic === topic)
        ? 'under way, goes on'
        : ends.has(topic)
          ? 'up to the offsets given'
          : '';
      return [topic, grouped(records), note];
    }),
  );
  terminal.err(
    [
      `Builds the ${store} store from the log anew, beside what is read; then all of these change over at once:`,
      table(['TOPIC', 'RECORDS', ''], rows),
      `Reads and writes go on. Until a while after the switch it takes the ${store === 'online' ? 'memory' : 'disk space'} of these topics once more.`,
      ...(ends.size === 0
        ? []
        : [
            'With --to-offset reads may show older values after the switch, until the projector has gone on from there.',
          ]),
    ].join('\n'),
  );
  if (!terminal.interactive) {
    terminal.err('Nobody is there to be asked; --yes rebuilds without asking.');
    return exitCodes.usage;
  }
  if (/^y(es)?$/i.test((await terminal.ask('Rebuild? [y/N] ')).trim())) return undefined;
  terminal.err('Nothing was changed.');
  return exitCodes.declined;
}

async function follow(
  asked: readonly Generation[],
  { wait }: RebuildOptions,
  { context, target, projectorState, onInterrupt }: RebuildSurroundings,
): Promise<ExitCode> {
  const { store } = target;
  const goesOn = `\`millrace rebuild ${store}\` shows its progress, with --cancel it is given up.`;
  if (!wait) {
    const topics = asked.map(({ topic, number }) => ({ topic, generation: number }));
    context.answer({ store, state: 'building', topics }, () => `The rebuild was asked for. ${goesOn}`);
    return exitCodes.ok;
  }
  const display = rebuildDisplay(context.terminal);
  const interrupted = new AbortController();
  const stopListening = onInterrupt(() => interrupted.abort());
  let saidStalled = Number.NEGATIVE_INFINITY;
  const { outcome, topics } = await watchRebuild(
    target,
    asked,
    {
      progress: (progress) => display.show(progress),
      async stalled(seconds) {
        if (performance.now() - saidStalled < STALLED_EVERY_MS) return;
        saidStalled = performance.now();
        display.say(`Nothing has moved for ${seconds} s. ${await projectorState()}`);
      },
    },
    interrupted.signal,
  ).finally(() => {
    stopListening();
    display.stop();
  });
  switch (outcome) {
    case 'live': {
      const summary = summaryOf(store, topics, asked, await target.generations.list());
      context.answer(summary, () => summaryText(summary));
      return exitCodes.ok;
    }
    case 'givenUp':
      context.answer({ store, state: outcome }, () => 'The rebuild was given up; what is read is as before.');
      return exitCodes.declined;
    case 'lost':
      throw new MillraceError(
        'STORE_LOST_WRITES',
        `the ${store} store has lost what it held, and with it the rebuild; its projector fills it again from the log by itself`,
      );
    case undefined: {
      const progress = await measureProgress(target, asked);
      context.answer(
        { store, state: 'building', topics: progress },
        () => `The rebuild goes on without this command; ${goesOn}`,
      );
      return exitCodes.unavailable;
    }
    default:
      return outcome satisfies never;
  }
}

const STALLED_EVERY_MS = 30_000;
