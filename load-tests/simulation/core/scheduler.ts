import type { Clock, Timers } from '@millrace/kernel';
import type { History } from './history.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import { show as showAnything } from './show.ts';

/** How likely it is that a call to a server goes wrong. */
export interface CallFaults {
  /** Nothing happened. */
  readonly refused: number;
  /** It happened, and the answer was lost. */
  readonly unanswered: number;
}

/** A call that waits to be carried out. */
export interface Call<T> {
  readonly action: string;
  /** What the server does. What it throws is its answer. */
  perform(): T;
  /** The error that the caller sees when the call is refused or not answered. */
  failure(): Error;
  /** A result in the history. @default {@link showAnything} */
  show?(result: T): string;
}

interface Pending {
  readonly process: Process;
  readonly action: string;
  readonly run: (fate: Fate) => () => string;
}

interface Timer {
  due: number;
  readonly process: Process;
  readonly every: number | undefined;
  readonly run: () => void;
}

type Fate = 'done' | 'refused' | 'unanswered';

/** When the world begins, in milliseconds. */
const BEGINNING = Date.UTC(2026, 0, 31, 23, 59);

/**
 * Decides what happens next. Every call to a server waits here until it is chosen; between two choices all code runs
 * as far as it can. So the order of everything, and with it the history, follows from the seed.
 */
export class Scheduler {
  readonly #random: Random;
  readonly #history: History;
  #pending: Pending[] = [];
  #timers: Timer[] = [];
  #now = 0;
  #faults: CallFaults = { refused: 0, unanswered: 0 };

  readonly clock: Clock = { now: () => BigInt(BEGINNING + this.#now) * 1000n };

  constructor(random: Random, history: History) {
    this.#random = random;
    this.#history = history;
  }

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  /** From now on calls go wrong this often. */
  set faults(faults: CallFaults) {
    this.#faults = faults;
  }

  /** A call of a process to a server. When the process is dead by then, nobody hears the answer. */
  call<T>(process: Process, { action, perform, failure, show = showAnything }: Call<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!process.alive) return;
      const answer = (settle: () => void) => {
        if (process.alive) settle();
      };
      const run = (fate: Fate) => {
        if (fate === 'refused') {
          answer(() => reject(failure()));
          return () => 'refused';
        }
        try {
          const result = perform();
          answer(() => (fate === 'done' ? resolve(result) : reject(failure())));
          const told = result === undefined ? () => 'done' : () => show(result);
          return fate === 'done' ? told : () => `${told()}, but the answer is lost`;
        } catch (error) {
          // A broken promise is nobody's answer.
          if (!(error instanceof Answer)) throw error;
          answer(() => reject(error.error));
          return () => error.error.message;
        }
      };
      this.#pending.push({ process, action, run });
    });
  }

  timersOf(process: Process): Timers {
    const start = (ms: number, run: () => void, every: number | undefined) => {
      const timer: Timer = { due: this.#now + ms, process, every, run };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    };
    return {
      after: (ms, run) => start(ms, run, undefined),
      every: (ms, run) => start(ms, run, ms),
    };
  }

  /** Ends a process in the middle of whatever it does. What it has sent to servers may still arrive, now or later. */
  kill(process: Process): void {
    process.alive = false;
    this.#timers = this.#timers.filter((timer) => timer.process !== process);
    const mine = this.#pending.filter((pending) => pending.process === process);
    const lost = new Set(mine.filter(() => this.#random.chance(0.5)));
    this.#pending = this.#pending.filter((pending) => !lost.has(pending));
    this.#history.note(
      this.#now,
      process.name,
      'is killed',
      () => `${lost.size} of ${mine.length} calls under way never arrive`,
    );
  }

  /** A process ends by itself; what it has sent arrives. */
  leave(process: Process): void {
    process.alive = false;
    this.#timers = this.#timers.filter((timer) => timer.process !== process);
  }

  /** Lets time pass in which nobody does anything. */
  freeze(ms: number): void {
    this.#now += ms;
    this.#history.note(this.#now, 'everybody', `was frozen for ${ms} ms`);
  }

  /** Lets one thing happen. @returns whether there was any. */
  async step(): Promise<boolean> {
    const due = this.#timers.filter((timer) => timer.due <= this.#now);
    const choices = this.#pending.length + due.length;
    if (choices === 0) {
      if (!this.#fireNext()) return false;
    } else {
      const choice = this.#random.below(choices);
      const timer = due[choice - this.#pending.length];
      if (timer === undefined) this.#perform(choice);
      else this.#fire(timer);
    }
    await settled();
    return true;
  }

  #perform(choice: number): void {
    const [pending] = this.#pending.splice(choice, 1);
    if (pending === undefined) return;
    this.#now += this.#random.below(8);
    const result = pending.run(this.#fate());
    const actor = pending.process.alive ? pending.process.name : `${pending.process.name} (dead)`;
    this.#history.note(this.#now, actor, pending.action, result);
  }

  #fate(): Fate {
    const { refused, unanswered } = this.#faults;
    if (refused + unanswered === 0) return 'done';
    const drawn = this.#random.next();
    if (drawn < refused) return 'refused';
    return drawn < refused + unanswered ? 'unanswered' : 'done';
  }

  /** Jumps to the next timer. */
  #fireNext(): boolean {
    const [first] = this.#timers;
    if (first === undefined) return false;
    const next = this.#timers.reduce((best, timer) => (timer.due < best.due ? timer : best), first);
    this.#now = Math.max(this.#now, next.due);
    this.#fire(next);
    return true;
  }

  #fire(timer: Timer): void {
    if (timer.every === undefined) this.#timers = this.#timers.filter((other) => other !== timer);
    else timer.due = this.#now + timer.every;
    timer.run();
  }
}

/** What a server answers instead of a result: the caller's own affair. */
export class Answer extends Error {
  readonly error: Error;

  constructor(error: Error) {
    super(error.message);
    this.error = error;
  }
}

/** Resolves when no code can go on: Node runs this queue once that of promises is empty. */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
