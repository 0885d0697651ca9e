import type { LogAdmin } from '@millrace/event-log';
import type { Running, Timers } from '@millrace/kernel';
import type { ProjectionGauges } from './gauges.ts';
import { groupOf } from './group.ts';
import type { KnownOffsets } from './known-offsets.ts';
import type { GenerationId, Generations } from './port.ts';
import type { NextOffsets } from './ready-to-go-live.ts';

/** A store that takes longer counts as away. */
const STORE_TIMEOUT_MS = 2_000;

/** What measuring the lag needs. */
export interface WatchLagOptions {
  readonly service: string;
  readonly log: Pick<LogAdmin, 'spans' | 'committed'>;
  readonly generations: Pick<Generations, 'applied'>;
  readonly known: KnownOffsets;
  readonly gauge: ProjectionGauges['lag'];
  readonly timers: Timers;
  readonly everyMs: number;
  /** The generation of each topic that is read. */
  live(): readonly GenerationId[];
}

/**
 * Measures how far the live generations lie behind the log, again and again, whether or not anything is consumed.
 * While the store is away, what it held last counts; while Kafka is away, nobody can append either, and the gauge
 * stays.
 */
export function watchLag(options: WatchLagOptions): Running<void> {
  let stopped = false;
  let cancel: () => void = () => undefined;
  let measuring: Promise<void> = Promise.resolve();

  const schedule = (ms: number) => {
    if (stopped) return;
    cancel = options.timers.after(ms, () => {
      measuring = measureAll().finally(() => schedule(options.everyMs));
    });
  };

  async function measureAll(): Promise<void> {
    await Promise.all(
      options.live().map((generation) => measure(options, generation).catch(() => undefined)),
    );
  }

  schedule(0);
  return {
    value: undefined,
    async stop() {
      stopped = true;
      cancel();
      await measuring;
    },
  };
}

async function measure(options: WatchLagOptions, generation: GenerationId): Promise<void> {
  const { topic } = generation;
  // In this order an idle partition has no lag, and a busy one never a negative one for long.
  const spans = await options.log.spans(topic);
  const applied = await lastApplied(options, generation);
  for (const { partition, first, next } of spans) {
    const from = applied.get(partition) ?? first;
    const behind = next - (from > first ? from : first);
    options.gauge.set({ topic, partition }, Number(behind > 0n ? behind : 0n));
  }
}

async function lastApplied(
  { service, log, generations, known, timers }: WatchLagOptions,
  generation: GenerationId,
): Promise<NextOffsets> {
  const answered = await inTime(timers, generations.applied(generation));
  if (answered !== undefined) {
    known.replace(generation, answered);
    return answered;
  }
  return known.of(generation) ?? (await log.committed(groupOf(service, generation), generation.topic));
}

/** An answer, or undefined where it fails or takes too long. */
function inTime<T>(timers: Timers, asked: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = timers.after(STORE_TIMEOUT_MS, () => resolve(undefined));
    void asked.catch(() => undefined).then((answer) => (cancel(), resolve(answer)));
  });
}
