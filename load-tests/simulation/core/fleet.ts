import { describeError, MillraceError } from '@millrace/kernel';
import type { History } from './history.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { promised } from './violation.ts';
import type { Projector, World } from './world.ts';

interface Member {
  readonly process: Process;
  projector: Projector | undefined;
  stopping: boolean;
}

const MOST = 3;

/** The processes of a world: they start, are killed, stop in order, and end by themselves only for a reason. */
export class Fleet {
  readonly #world: World;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #history: History;
  #members: Member[] = [];
  #started = 0;
  #broken: unknown;

  constructor(world: World, scheduler: Scheduler, random: Random, history: History) {
    this.#world = world;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#history = history;
  }

  get alive(): number {
    return this.#members.length;
  }

  /** Starts another process, unless there are many. */
  start(): void {
    if (this.#members.length >= MOST) return;
    const process: Process = { name: `${this.#world.name}-${++this.#started}`, alive: true };
    const member: Member = { process, projector: undefined, stopping: false };
    this.#members.push(member);
    this.#note(process, 'starts');
    this.#world
      .start(process, (error) => this.#failed(member, error))
      .then(
        (projector) => {
          member.projector = projector;
        },
        // As a service does that cannot start: it ends, and is started again.
        (error: unknown) => this.#end(member, `could not start: ${describeError(error)}`),
      );
  }

  kill(): void {
    if (this.#members.length === 0) return;
    const member = this.#random.pick(this.#members);
    this.#members = this.#members.filter((other) => other !== member);
    this.#scheduler.kill(member.process);
  }

  /** Asks one process to stop in order. */
  stopOne(): void {
    const running = this.#members.filter(({ projector, stopping }) => projector !== undefined && !stopping);
    if (running.length > 0) this.#stop(this.#random.pick(running));
  }

  /** Asks all that run to stop. */
  stopAll(): void {
    for (const member of this.#members) if (!member.stopping) this.#stop(member);
  }

  /** Throws when a process ended by an error that it should have waited out. */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  #stop(member: Member): void {
    if (member.projector === undefined) return;
    member.stopping = true;
    this.#note(member.process, 'is asked to stop');
    member.projector.stop().then(
      () => this.#end(member, 'has stopped'),
      (error: unknown) => this.#end(member, `has stopped with an error: ${describeError(error)}`),
    );
  }

  #failed(member: Member, error: unknown): void {
    if (!member.process.alive) return;
    try {
      promised('a projector goes on', false, () => `${member.process.name} ends by ${reason(error)}`);
    } catch (violation) {
      this.#broken = violation;
    }
  }

  #end(member: Member, how: string): void {
    if (!member.process.alive) return;
    this.#note(member.process, how);
    this.#members = this.#members.filter((other) => other !== member);
    this.#scheduler.leave(member.process);
  }

  #note(process: Process, what: string): void {
    this.#history.note(this.#scheduler.now, process.name, what);
  }
}

function reason(error: unknown): string {
  const code = error instanceof MillraceError ? ` (${error.code})` : '';
  return `${describeError(error)}${code}${error instanceof Error && !(error instanceof MillraceError) ? `\n${error.stack}` : ''}`;
}
