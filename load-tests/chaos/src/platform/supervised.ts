import { setTimeout as delay } from 'node:timers/promises';
import { describeError, MillraceError, type Running } from '@millrace/kernel';
import type { ComponentContext, Guard } from '@millrace/embedded/components';

/** A process that is started again whenever it ended, as an operator's supervisor does. */
export interface Supervised {
  readonly name: string;
  /** Resolves when it is ready, in the life after a kill that has just been sent. */
  ready(): Promise<void>;
  /**
   * SIGKILL, whatever it is doing.
   *
   * @param meanwhile done between its end and its next start.
   * @returns whether there was a process to kill.
   */
  kill(meanwhile?: () => Promise<void>): boolean;
  /** SIGSTOP: it holds its connections and does nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** SIGTERM; it is started again. */
  leave(): Promise<void>;
  /** Each time that it ended without having been told to. */
  readonly ownEnds: readonly OwnEnd[];
}

/** An end that nobody asked for. */
export interface OwnEnd {
  /** What it said last. */
  readonly why: string;
  /** Whether it was ready before; a process that misses a server at its start never was. */
  readonly wasReady: boolean;
}

/** Starts a component; the number counts its lives from 0. */
export type Launch = (context: ComponentContext, life: number) => Promise<Running<unknown>>;

const PAUSE_MS = 200;
/** After an end of its own: what it lacks takes a while to come back. */
const PAUSE_AFTER_FAILURE_MS = 1_000;
const FIRST_START_MS = 240_000;

/**
 * Starts a process and keeps it running until `stop`, which kills it. Resolves when it is ready for the first time.
 *
 * @throws MillraceError COMPONENT_FAILED when it never was, with its last reason
 */
export async function supervise(name: string, guard: Guard, launch: Launch): Promise<Running<Supervised>> {
  const ownEnds: OwnEnd[] = [];
  const readyWaiters = new Set<() => void>();
  const state = { told: false, stopping: false };
  let pid: number | undefined;
  let life: Running<unknown> | undefined;
  let between: (() => Promise<void>) | undefined;
  let end: (() => void) | undefined;

  function endedByItself(why: string, wasReady: boolean): void {
    if (!state.told && !state.stopping) ownEnds.push({ why, wasReady });
  }

  async function live(number: number): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const context: ComponentContext = {
      guard,
      onSpawn: (started) => {
        pid = started;
      },
      onFailure: (error) => {
        endedByItself(error.message, true);
        end?.();
      },
    };
    life = await launch(context, number);
    for (const resolve of readyWaiters) resolve();
    readyWaiters.clear();
    await ended;
  }

  async function keepAlive(): Promise<void> {
    for (let number = 0; !state.stopping; number++) {
      const failures = ownEnds.length;
      state.told = false;
      try {
        await live(number);
      } catch (error) {
        endedByItself(describeError(error), false);
      }
      // Nothing is left where it was stopped while it started.
      await life?.stop();
      life = undefined;
      pid = undefined;
      const step = between;
      between = undefined;
      await step?.();
      if (!state.stopping) await delay(ownEnds.length > failures ? PAUSE_AFTER_FAILURE_MS : PAUSE_MS);
    }
  }

  function signal(what: NodeJS.Signals): boolean {
    if (pid === undefined) return false;
    try {
      return process.kill(-pid, what);
    } catch {
      return false; // It has just ended.
    }
  }

  async function stop(alive: Promise<void>): Promise<void> {
    state.stopping = true;
    // Nobody needs what it leaves behind, and to leave in good order is tried by `leave`.
    signal('SIGKILL');
    await life?.stop();
    end?.();
    await alive;
  }

  const ready = () =>
    life === undefined || state.told
      ? new Promise<void>((resolve) => void readyWaiters.add(resolve))
      : Promise.resolve();
  const value: Supervised = {
    name,
    ownEnds,
    ready,
    kill(meanwhile) {
      state.told = true;
      between = meanwhile ?? between;
      return signal('SIGKILL');
    },
    freeze: () => void signal('SIGSTOP'),
    thaw: () => void signal('SIGCONT'),
    async leave() {
      state.told = true;
      await life?.stop();
      end?.();
    },
  };
  const firstReady = ready().then(() => true);
  const alive = keepAlive();
  if (!(await Promise.race([firstReady, delay(FIRST_START_MS, false, { ref: false })]))) {
    await stop(alive);
    throw new MillraceError(
      'COMPONENT_FAILED',
      `${name} did not start: ${ownEnds.at(-1)?.why ?? 'no reason'}`,
    );
  }
  return { value, stop: () => stop(alive) };
}
