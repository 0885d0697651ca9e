import type { EventLog, PartitionBatch } from '@millrace/event-log';
import { MillraceError, type Running } from '@millrace/kernel';
import type { OnlineStoreWriter } from '@millrace/online-store';
import { type FollowedDefinitions, type ProjectedTopics, projectTopics } from '@millrace/processing';

/** What projecting into the online store needs. */
export interface ProjectionParts {
  readonly log: EventLog;
  readonly definitions: FollowedDefinitions;
  readonly store: OnlineStoreWriter;
  readonly apply: (batch: PartitionBatch) => Promise<void>;
  readonly checkpointMs: number;
  readonly fetchBytes: number;
  /** Told when the store has lost writes and is being filled again. */
  readonly onLoss: (error: MillraceError) => void;
  /** Told of a checkpoint that failed; the next one tries again. */
  readonly onCheckpointFailure: (error: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Projects all feature views, takes checkpoints, and starts the consumers again when the store is found to have
 * lost writes: they then go on from where the store says that nothing is missing.
 */
export async function startProjection(parts: ProjectionParts): Promise<Running<void>> {
  const { store, onFailure } = parts;
  let consuming: Promise<Running<ProjectedTopics>> = start();
  let restarting: Promise<void> | undefined;
  let stopped = false;

  function start(): Promise<Running<ProjectedTopics>> {
    return projectTopics({
      service: 'online-projector',
      log: parts.log,
      definitions: parts.definitions,
      maxBytesPerPartition: parts.fetchBytes,
      resumeFrom: (topic, partition) => store.resumeFrom({ topic, partition }),
      apply: (batch) => noticingLoss(() => parts.apply(batch)),
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
      if (
        error instanceof MillraceError &&
        error.code === 'STORE_LOST_WRITES' &&
        restarting === undefined &&
        !stopped
      ) {
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
  const timer = setInterval(() => {
    checkpointing = checkpointing
      .then(() => noticingLoss(() => store.checkpoint()))
      .catch((error: unknown) => {
        if (!(error instanceof MillraceError) || !error.retry) onFailure(error);
        else parts.onCheckpointFailure(error);
      });
  }, parts.checkpointMs);

  const stop = async () => {
    stopped = true;
    clearInterval(timer);
    await restarting;
    const running = await consuming;
    await running.stop();
    await checkpointing;
    await store.checkpoint();
  };
  try {
    await consuming;
  } catch (error) {
    clearInterval(timer);
    throw error;
  }
  return { value: undefined, stop };
}
