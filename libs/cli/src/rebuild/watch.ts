import { setTimeout as wait } from 'node:timers/promises';
import { MillraceError } from '@millrace/kernel';
import type { Generation } from '@millrace/processing';
import { measureProgress, type TopicProgress } from './measure.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { RebuildTarget } from './rebuild-target.ts';

/** What watching a rebuild tells. */
export interface RebuildWatcher {
  progress(topics: readonly TopicProgress[]): void;
  /** Told again and again while nothing moves. */
  stalled(seconds: number): Promise<void>;
}

/** How watching ended. */
export interface WatchedRebuild {
  /** Undefined when watching was interrupted. */
  readonly outcome: Exclude<Outcome, 'building'> | undefined;
  readonly topics: readonly TopicProgress[];
}

const EVERY_MS = 500;
const STALLED_MS = 10_000;

/**
 * Watches until every generation is live, or none can be any more. A store or log that is away for a moment is
 * waited for.
 *
 * @param interrupted ends the watching, not the rebuild.
 */
export async function watchRebuild(
  target: Pick<RebuildTarget, 'log' | 'generations'>,
  asked: readonly Generation[],
  watcher: RebuildWatcher,
  interrupted: AbortSignal,
): Promise<WatchedRebuild> {
  let topics: readonly TopicProgress[] = [];
  let moved = { done: -1, at: performance.now() };
  while (!interrupted.aborted) {
    try {
      const now = await target.generations.list();
      const outcomes = asked.map((generation) => outcomeOf(generation, now));
      const over = outcomes.every((outcome) => outcome !== 'building');
      const worst = worstOf(outcomes);
      topics = await measureProgress(target, worst === 'lost' ? [] : asked);
      if (over && worst !== 'building')
        return { outcome: worst, topics: worst === 'live' ? topics.map(whole) : topics };
      watcher.progress(topics);
      moved = await notice(topics, moved, watcher);
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retry) throw error;
      moved = await notice(topics, moved, watcher);
    }
    await wait(EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
  return { outcome: undefined, topics };
}

async function notice(
  topics: readonly TopicProgress[],
  moved: { readonly done: number; readonly at: number },
  watcher: RebuildWatcher,
): Promise<{ readonly done: number; readonly at: number }> {
  const done = topics.reduce((sum, topic) => sum + topic.done, 0);
  const now = performance.now();
  if (done !== moved.done) return { done, at: now };
  if (now - moved.at < STALLED_MS) return moved;
  await watcher.stalled(Math.round((now - moved.at) / 1_000));
  return moved;
}

/** What holds for a rebuild of which each generation ended in its own way. */
function worstOf(outcomes: readonly Outcome[]): Outcome {
  for (const outcome of ['lost', 'givenUp', 'building'] as const)
    if (outcomes.includes(outcome)) return outcome;
  return 'live';
}

/** What went live had all; the log has grown since. */
function whole(topic: TopicProgress): TopicProgress {
  return { ...topic, total: topic.done };
}
