import { setTimeout as wait } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import type { Running } from '@millrace/kernel';
import { consumeError, passes } from './kafka-errors.ts';
import { within } from './within.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
const LEAVE_MS = 5_000;

/** How to keep a consumer running. */
export interface KeepRunningOptions {
  /** Makes a consumer that does not start itself anew. */
  make(): Consumer;
  /** Connects it and lets it run. */
  run(consumer: Consumer): Promise<void>;
  /** Resolves when nothing that it was given is being worked on any more. */
  idle(): Promise<void>;
  /** Told that the consumer was ended by an error, and whether another one takes its place. */
  onCrash(error: unknown, restarts: boolean): void;
  /** Whether another one is wanted. @default always */
  mayRestart?(): boolean;
}

/**
 * Runs a consumer, and another one in its place whenever it ends because Kafka was away, for as long as that takes.
 * kafkajs would start some of them anew by itself, but neither one whose coordinator was not found nor one that
 * failed while it was starting.
 *
 * @throws what the first start fails with: MillraceError LOG_UNAVAILABLE where it may succeed later.
 */
export async function keepRunning(options: KeepRunningOptions): Promise<Running<void>> {
  const { make, run, idle, onCrash, mayRestart = () => true } = options;
  const ending = new AbortController();
  let current: Consumer | undefined;
  let restarting: Promise<void> = Promise.resolve();
  let pause = FIRST_PAUSE_MS;

  async function start(): Promise<void> {
    const consumer = make();
    current = consumer;
    consumer.on(consumer.events.GROUP_JOIN, () => {
      pause = FIRST_PAUSE_MS;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (current === consumer) restarting = restart(payload.error);
    });
    try {
      await run(consumer);
    } catch (error) {
      if (current === consumer) current = undefined;
      await leave(consumer);
      throw error;
    }
  }

  async function restart(error: unknown): Promise<void> {
    const ended = current;
    current = undefined;
    const restarts = passes(error) && !ending.signal.aborted && mayRestart();
    if (!ending.signal.aborted) onCrash(error, restarts);
    if (ended !== undefined) await leave(ended);
    if (restarts) await startAgain();
  }

  async function startAgain(): Promise<void> {
    const paused = pause;
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    try {
      await wait(paused, undefined, { signal: ending.signal });
      await start();
    } catch (error) {
      if (ending.signal.aborted) return;
      const restarts = passes(error) && mayRestart();
      onCrash(error, restarts);
      if (restarts) await startAgain();
    }
  }

  try {
    await start();
  } catch (error) {
    throw consumeError(error);
  }
  return {
    value: undefined,
    async stop() {
      ending.abort();
      await idle();
      const ended = current;
      if (ended !== undefined) await leave(ended);
      await within(LEAVE_MS, 'answer', restarting).catch(() => undefined);
      // One whose start was under way when the abort came.
      if (current !== undefined && current !== ended) await leave(current);
    },
  };
}

/** Leaves the group and disconnects. A broker that does not answer learns of it when the session is over. */
export async function leave(consumer: Consumer): Promise<void> {
  await within(LEAVE_MS, 'let a consumer leave', consumer.disconnect()).catch(() => undefined);
}
