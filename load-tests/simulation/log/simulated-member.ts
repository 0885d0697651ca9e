import type { FetchedBatch, GroupMember, MemberListeners } from '@millrace/event-log/simulation';
import { HEARTBEAT_INTERVAL_MS } from '@millrace/event-log/simulation';
import { MillraceError, pause, type Timers } from '@millrace/kernel';
import type { Process } from '../core/process.ts';
import type { Random } from '../core/random.ts';
import type { Scheduler } from '../core/scheduler.ts';
import { simulatedBatch } from './simulated-batch.ts';
import {
  type Assignment,
  RebalanceInProgress,
  type SimulatedGroup,
  UnknownMember,
} from './simulated-group.ts';
import type { SimulatedLog } from './simulated-log.ts';

/** What a member of a group stands on. */
export interface MemberParts {
  readonly process: Process;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: SimulatedLog;
  readonly group: SimulatedGroup;
  readonly topic: string;
}

const MAX_WAIT_MS = 3_000;
const RESTART_MS = 300;
/** Entries of one partition in one fetch, at most: some members fetch little, and have several batches under way. */
const MOST_ENTRIES = [1, 2, 8];

/**
 * A member of a group as kafkajs is one: fetches from its own offsets, which seeks change before the next fetch only;
 * hands out batches of several partitions at once, waits for all of them, and joins again when a heartbeat or a commit
 * says so.
 */
export class SimulatedMember implements GroupMember {
  readonly #parts: MemberParts;
  readonly #timers: Timers;
  readonly #mostEntries: number;
  readonly #seeks = new Map<number, bigint>();
  #resolved = new Map<number, bigint>();
  #uncommitted = new Map<number, bigint>();
  #assignment: Assignment = { member: 0, generation: 0, partitions: [] };
  #member: number | undefined;
  #lastHeartbeat = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: MemberParts) {
    this.#parts = parts;
    this.#mostEntries = parts.random.pick(MOST_ENTRIES);
    this.#timers = parts.scheduler.timersOf(parts.process);
  }

  async start(listeners: MemberListeners): Promise<void> {
    await this.#joinAtLast(listeners);
    this.#running = this.#run(listeners);
  }

  seek(partition: number, offset: bigint): void {
    this.#seeks.set(partition, offset);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    const { group } = this.#parts;
    const { member } = this.#assignment;
    await this.#call('leave the group', () => group.leave(member)).catch(() => undefined);
  }

  #call<T>(action: string, perform: () => T, show?: (result: T) => string): Promise<T> {
    const { scheduler, process, topic } = this.#parts;
    const call = { action: `${topic}: ${action}`, perform, failure: connectionLost };
    return scheduler.call(process, show === undefined ? call : { ...call, show });
  }

  async #joinAtLast(listeners: MemberListeners): Promise<void> {
    for (;;) {
      try {
        await this.#join(listeners);
        return;
      } catch {
        await pause(this.#timers, RESTART_MS);
      }
    }
  }

  async #join(listeners: MemberListeners): Promise<void> {
    const { group, scheduler } = this.#parts;
    this.#assignment = await this.#call(
      'join the group',
      () => group.join(this.#member),
      ({ member, generation, partitions }) => `member ${member} of ${generation}: ${partitions.join(' ')}`,
    );
    this.#member = this.#assignment.member;
    this.#resolved = new Map();
    this.#uncommitted = new Map();
    this.#lastHeartbeat = scheduler.now;
    listeners.joined(this.#assignment.partitions);
  }

  async #run(listeners: MemberListeners): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#fetchOn(listeners);
      } catch (error) {
        if (error instanceof RebalanceInProgress) {
          listeners.ended();
        } else if (error instanceof UnknownMember) {
          this.#member = undefined;
        } else {
          // The connection: another member takes the place, and the coordinator gives this one up in time.
          listeners.crashed(error, true);
          this.#member = undefined;
          this.#seeks.clear();
          await pause(this.#timers, RESTART_MS);
        }
        if (!this.#stopping) await this.#joinAtLast(listeners);
      }
    }
    listeners.ended();
  }

  async #fetchOn(listeners: MemberListeners): Promise<void> {
    const { group, log, topic, random } = this.#parts;
    while (!this.#stopping) {
      await this.#applySeeks();
      const from = this.#assignment.partitions.map((partition) => ({
        partition,
        from: this.#resolved.get(partition) ?? group.committed(partition),
      }));
      const fetched = await this.#call(
        'fetch',
        () =>
          from.flatMap((wanted) => {
            const entries = log.entries(topic, wanted.partition);
            const first = Number(wanted.from);
            const some = entries.slice(first, first + random.between(1, this.#mostEntries));
            return some.length === 0 ? [] : [{ ...wanted, some, highWatermark: BigInt(entries.length) }];
          }),
        (batches) =>
          batches
            .map(({ partition, some }) => `${partition}@${some[0]?.offset}-${some.at(-1)?.offset}`)
            .join(' '),
      );
      if (fetched.length === 0) {
        await pause(this.#timers, MAX_WAIT_MS);
        await this.#heartbeat(listeners);
      }
      const handled = await Promise.allSettled(
        fetched.map(({ partition, from: fetchedFrom, some, highWatermark }) =>
          this.#handle(fetchedFrom, simulatedBatch(topic, partition, some, highWatermark), listeners),
        ),
      );
      const failed = handled.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  }

  async #applySeeks(): Promise<void> {
    for (const partition of this.#assignment.partitions) {
      const offset = this.#seeks.get(partition);
      if (offset === undefined) continue;
      this.#seeks.delete(partition);
      await this.#commit(new Map([[partition, offset]]));
      this.#resolved.set(partition, offset);
    }
  }

  async #handle(
    fetchedFrom: bigint,
    batch: FetchedBatch['batch'],
    listeners: MemberListeners,
  ): Promise<void> {
    if (this.#stopping) return;
    const { partition } = batch;
    const last = BigInt(batch.lastOffset());
    if (batch.isEmpty()) {
      this.#resolve(partition, last + 1n);
      listeners.passedOver(partition, BigInt(batch.firstOffset() ?? last), last);
    } else {
      await listeners.batch({
        batch,
        fetchedFrom,
        isStale: () => this.#seeks.has(partition),
        heartbeat: () => this.#heartbeat(listeners),
        resolve: () => this.#resolve(partition, last + 1n),
        commit: () => this.#commit(this.#uncommitted),
      });
    }
    await this.#commit(this.#uncommitted);
    await this.#heartbeat(listeners);
  }

  #resolve(partition: number, next: bigint): void {
    this.#resolved.set(partition, next);
    this.#uncommitted.set(partition, next);
  }

  async #commit(offsets: Map<number, bigint>): Promise<void> {
    if (offsets.size === 0) return;
    const committing = new Map(offsets);
    const assignment = this.#assignment;
    this.#uncommitted.clear();
    await this.#call(
      `commit ${[...committing].map(([partition, next]) => `${partition}:${next}`).join(' ')}`,
      () => this.#parts.group.commit(assignment, committing),
    );
  }

  async #heartbeat(listeners: MemberListeners): Promise<void> {
    const { scheduler, group } = this.#parts;
    if (scheduler.now < this.#lastHeartbeat + HEARTBEAT_INTERVAL_MS) return;
    this.#lastHeartbeat = scheduler.now;
    const assignment = this.#assignment;
    await this.#call('heartbeat', () => group.heartbeat(assignment));
    listeners.heartbeat();
  }
}

function connectionLost(): Error {
  return new MillraceError('LOG_UNAVAILABLE', 'the connection was lost');
}
