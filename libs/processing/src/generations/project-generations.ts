import type { LogAdmin, LogReader, PartitionBatch } from '@millrace/event-log';
import {
  type Clock,
  MillraceError,
  oneAtATime,
  type Running,
  systemClock,
  systemTimers,
  type Timers,
} from '@millrace/kernel';
import type { FollowedDefinitions } from '../definitions.ts';
import { GenerationConsumers } from './consumers.ts';
import type { ProjectionGauges } from './gauges.ts';
import { groupOf } from './group.ts';
import { KnownOffsets } from './known-offsets.ts';
import { type GenerationPlan, planGenerations } from './plan.ts';
import type { Generation, GenerationId, Generations } from './port.ts';
import { RebuildWatch } from './rebuild-watch.ts';
import { watchLag } from './watch-lag.ts';

/** How to project topics into a store. */
export interface ProjectGenerationsOptions {
  /** Names the consumer groups; see {@link groupOf}. */
  readonly service: string;
  readonly log: LogReader & Pick<LogAdmin, 'spans' | 'committed'>;
  readonly definitions: {
    readonly catalog: { views(): readonly { readonly topic: string }[] };
  } & Pick<FollowedDefinitions, 'onChange'>;
  /** Topics beside those of the feature views. @default none */
  readonly otherTopics?: readonly string[];
  readonly generations: Generations;
  readonly gauges: ProjectionGauges;
  /** Milliseconds for which a generation is fed that was live, longer than readers hold on to it. */
  readonly graceMs: number;
  /** The offset to go on from, asked of the store. */
  resumeFrom(generation: GenerationId, partition: number): Promise<bigint>;
  /** Takes a batch; resolves when the next one of the partition may come. */
  apply(generation: GenerationId, batch: PartitionBatch): Promise<void>;
  /** Told when nothing is consumed into a generation any more; nothing may be written to it then. */
  released?(generation: GenerationId): void;
  /** Told of a rebuild that went live. */
  onLive?(generations: readonly Generation[]): void;
  /** Told of topics whose live generation is an earlier one than before: the store has lost what it knew. */
  onSetBack?(topics: readonly string[]): void;
  /** Told of a look that failed; the next one tries again. */
  onTrouble(error: unknown): void;
  onFailure(error: unknown): void;
  readonly maxBytesPerPartition?: number;
  /** Milliseconds between two looks at the store's generations. @default 1000 */
  readonly lookEveryMs?: number;
  /** Milliseconds between two measurements of the lag. @default 5000 */
  readonly lagEveryMs?: number;
  /** @default the machine's */
  readonly clock?: Clock;
  /** @default the machine's */
  readonly timers?: Timers;
}

/** Topics that are being projected. */
export interface ProjectedGenerations {
  /** The generations whose consumers run in this process. */
  consumed(): readonly GenerationId[];
}

/**
 * Consumes every feature view's topic, and others if asked to, each in a group of its own, into each generation that
 * the store wants: the live one, the one that a rebuild fills, and for a grace the one that was live before. Looks at
 * the store's generations again and again; makes a rebuild live when it is ready, and drops what is retired. All of
 * it is in the store and the log: any number of instances do this side by side, and one that starts goes on where
 * others stopped. A view that is registered later starts a consumer without disturbing the rest.
 */
export async function projectGenerations(
  options: ProjectGenerationsOptions,
): Promise<Running<ProjectedGenerations>> {
  const { service, log, definitions, generations, graceMs, lookEveryMs = 1_000 } = options;
  const { clock = systemClock, timers = systemTimers } = options;
  const known = new KnownOffsets();
  const watch = new RebuildWatch({
    log,
    generations,
    gauges: options.gauges,
    timers,
    patienceMs: lookEveryMs,
    clock,
  });
  const consumers = new GenerationConsumers({
    log,
    consumeOptions: (generation) => ({
      groupId: groupOf(service, generation),
      topic: generation.topic,
      async resumeFrom(partition) {
        const next = await options.resumeFrom(generation, partition);
        known.set(generation, partition, next);
        return next;
      },
      onBatch: (batch) => options.apply(generation, batch),
      onFailure: (error) => void failed(generation, error),
      ...(options.maxBytesPerPartition === undefined
        ? {}
        : { maxBytesPerPartition: options.maxBytesPerPartition }),
    }),
    notStarted: report,
    released(generation) {
      known.forget(generation);
      options.released?.(generation);
    },
  });
  const topics = () => [
    ...(options.otherTopics ?? []),
    ...definitions.catalog.views().map(({ topic }) => topic),
  ];
  let live: readonly GenerationId[] = [];
  let stopped = false;
  let cancel: () => void = () => undefined;
  let looking: Promise<void> = Promise.resolve();

  function report(error: unknown): void {
    if (error instanceof MillraceError && error.retry) options.onTrouble(error);
    else options.onFailure(error);
  }

  async function failed(generation: GenerationId, error: unknown): Promise<void> {
    try {
      if (endsProcess(error, generation, await planNow())) options.onFailure(error);
      else options.onTrouble(error);
    } catch {
      options.onFailure(error);
    }
  }

  async function planNow(): Promise<GenerationPlan> {
    return planGenerations(topics(), await generations.list(), clock.now(), graceMs);
  }

  async function look(): Promise<void> {
    const plan = await planNow();
    if (stopped) return;
    const setBack = plan.live.filter((now) =>
      live.some(({ topic, number }) => topic === now.topic && number > now.number),
    );
    if (setBack.length > 0) options.onSetBack?.(setBack.map(({ topic }) => topic));
    live = plan.live;
    // Joining and leaving a group may take as long as Kafka waits for a member that was killed: no look waits for it.
    consumers.start(plan.consume);
    void consumers.stopOthers(plan.consume).catch(report);
    await allOf([
      async () => {
        for (const rebuild of await watch.look(plan.rebuilds, plan.live)) options.onLive?.(rebuild);
      },
      ...plan.drop
        .filter((generation) => !consumers.has(generation))
        .map((generation) => () => generations.drop(generation)),
    ]);
  }

  const lookOnce = oneAtATime(async () => {
    try {
      if (!stopped) await look();
    } catch (error) {
      report(error);
    } finally {
      cancel();
      if (!stopped) cancel = timers.after(lookEveryMs, () => void lookNow());
    }
  });

  function lookNow(): Promise<void> {
    cancel();
    looking = lookOnce();
    return looking;
  }

  // What was measured before a restart may not be so any more.
  options.gauges.rebuildLeft.reset();
  options.gauges.rebuildRate.reset();
  const stopListening = definitions.onChange(() => void lookNow());
  await lookNow();
  const lag = watchLag({
    service,
    log,
    generations,
    known,
    gauge: options.gauges.lag,
    timers,
    everyMs: options.lagEveryMs ?? 5_000,
    live: () => live,
  });
  return {
    value: { consumed: () => consumers.generations() },
    async stop() {
      stopped = true;
      cancel();
      stopListening();
      await lag.stop();
      await looking;
      await consumers.stopOthers([]);
    },
  };
}

/**
 * Whether the failure of a consumer concerns more than itself. One whose generation another instance has dropped
 * meanwhile fails for want of a place. And where the log was set back behind what the live generation holds, a rebuild
 * is the remedy: it needs a process that goes on.
 */
function endsProcess(error: unknown, { topic, number }: GenerationId, plan: GenerationPlan): boolean {
  const isIn = (generations: readonly GenerationId[]) =>
    generations.some((other) => other.topic === topic && other.number === number);
  if (!isIn(plan.consume)) return false;
  if (!(error instanceof MillraceError) || error.code !== 'LOG_TRUNCATED') return true;
  const building = [...plan.rebuilds.values()].flat();
  return isIn(building) || (isIn(plan.live) && building.every((other) => other.topic !== topic));
}

/** Does one after the other, each whatever became of those before, and then throws the first error. */
async function allOf(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => void errors.push(error));
  if (errors.length > 0) throw errors[0];
}
