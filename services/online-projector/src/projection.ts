import type { EventLog } from '@millrace/event-log';
import {
  type Clock,
  MillraceError,
  type Running,
  systemClock,
  systemTimers,
  type Timers,
} from '@millrace/kernel';
import type { OnlineStoreWriter } from '@millrace/online-store';
import {
  type FollowedDefinitions,
  type Generation,
  type Generations,
  type ProjectedGenerations,
  type ProjectionGauges,
  projectGenerations,
} from '@millrace/processing';
import type { ApplyBatch } from './apply-batch.ts';

/** What projecting into the online store needs. */
export interface ProjectionParts {
  readonly log: Pick<EventLog, 'consume' | 'follow' | 'spans' | 'committed'>;
  readonly definitions: Pick<FollowedDefinitions, 'catalog' | 'onChange'>;
  readonly store: OnlineStoreWriter & { readonly generations: Generations };
  readonly apply: ApplyBatch;
  readonly gauges: ProjectionGauges;
  readonly checkpointMs: number;
  readonly fetchBytes: number;
  /** Milliseconds for which a generation is fed that was live before; much more than readers hold on to it. */
  readonly graceMs: number;
  /** @default the machine's */
  readonly timers?: Timers;
  /** @default the machine's */
  readonly clock?: Clock;
  /** Told when the store has lost writes and is being filled again. */
  readonly onLoss: (error: MillraceError) => void;
  /** Told of what failed and is tried again: a checkpoint, a look at the generations. */
  readonly onTrouble: (error: unknown) => void;
  /** Told of generations that went live. */
  readonly onLive?: (generations: readonly Generation[]) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Projects all feature views, takes checkpoints, and starts the consumers again when the store is found to have
 * lost writes: they then go on from where the store says that nothing is missing.
 */
export async function startProjection(parts: ProjectionParts): Promise<Running<void>> {
  const { store, onFailure, onTrouble, timers = systemTimers, clock = systemClock } = parts;
  let consuming: Promise<Running<ProjectedGenerations>> = start();
  let restarting: Promise<void> | undefined;
  let stopped = false;

  function start(): Promise<Running<ProjectedGenerations>> {
    return projectGenerations({
      service: 'online-projector',
      log: parts.log,
      definitions: parts.definitions,
      generations: store.generations,
      gauges: parts.gauges,
      graceMs: parts.graceMs,
      maxBytesPerPartition: parts.fetchBytes,
      timers,
      clock,
      resumeFrom: ({ topic, number }, partition) =>
        store.resumeFrom({ topic, generation: number, partition }),
      apply: ({ number }, batch) => noticingLoss(() => parts.apply(batch, number)),
      released(generation) {
        // The last checkpoint is still to come.
        if (!stopped) store.release(generation);
      },
      onSetBack(topics) {
        const what = `the online store has forgotten which generation of ${topics.join(', ')} was live`;
        parts.onLoss(new MillraceError('STORE_LOST_WRITES', what));
      },
      onTrouble,
      ...(parts.onLive === undefined ? {} : { onLive: parts.onLive }),
      onFailure,
    });
  }

  async function restart(): Promise<void> {
    const before = await consuming;
    await before.stop();
    if (!stopped) consuming = start();
    await consuming;
  }

  async function noticingLoss(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isLoss = error instanceof MillraceError && error.code === 'STORE_LOST_WRITES';
      if (isLoss && restarting === undefined && !stopped) {
        parts.onLoss(error);
        restarting = restart()
          .catch(onFailure)
          .finally(() => {
            restarting = undefined;
          });
      }
      throw error;
    }
  }

  let checkpointing: Promise<void> = Promise.resolve();
  const stopCheckpoints = timers.every(parts.checkpointMs, () => {
    checkpointing = checkpointing
      .then(() => noticingLoss(() => store.checkpoint()))
      .catch((error: unknown) => {
        if (error instanceof MillraceError && error.retry) onTrouble(error);
        else onFailure(error);
      });
  });

  const stop = async () => {
    stopped = true;
    stopCheckpoints();
    await restarting;
    const running = await consuming;
    await running.stop();
    await checkpointing;
    await store.checkpoint();
  };
  try {
    await consuming;
  } catch (error) {
    stopCheckpoints();
    throw error;
  }
  return { value: undefined, stop };
}
