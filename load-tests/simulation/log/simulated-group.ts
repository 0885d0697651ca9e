import { SESSION_TIMEOUT_MS } from '@millrace/event-log/simulation';
import type { Random } from '../core/random.ts';
import { Answer } from '../core/scheduler.ts';

/** The coordinator has a later generation of the group: whoever hears this joins again. */
export class RebalanceInProgress extends Error {
  override readonly name = 'RebalanceInProgress';
  override readonly message = 'the group is rebalancing';
}

/** The coordinator has given the member up. */
export class UnknownMember extends Error {
  override readonly name = 'UnknownMember';
  override readonly message = 'the coordinator does not know the member';
}

/** What a join gives. */
export interface Assignment {
  readonly member: number;
  readonly generation: number;
  readonly partitions: readonly number[];
}

/**
 * A group of one topic, as its coordinator keeps it. It is harder on its members than Kafka's: an assignment counts at
 * once, while those who had the partitions before learn of it with their next heartbeat. So a partition has two
 * owners for a while at every change.
 */
export class SimulatedGroup {
  readonly #random: Random;
  readonly #partitions: number;
  readonly #committed = new Map<number, bigint>();
  readonly #now: () => number;
  /** When each member was last heard of. */
  readonly #heard = new Map<number, number>();
  #generation = 0;
  #lastMember = 0;
  #shift = 0;

  constructor(random: Random, partitions: number, now: () => number) {
    this.#random = random;
    this.#partitions = partitions;
    this.#now = now;
  }

  get members(): readonly number[] {
    return [...this.#heard.keys()];
  }

  /** Joins; a member that is known gets its part of the generation that there is. */
  join(known: number | undefined): Assignment {
    let member = known;
    if (member === undefined || !this.#heard.has(member)) {
      member = ++this.#lastMember;
      this.#heard.set(member, this.#now());
      this.#rebalance();
    }
    this.#heard.set(member, this.#now());
    const { members } = this;
    const index = members.indexOf(member);
    const all = Array.from({ length: this.#partitions }, (_, partition) => partition);
    const partitions = all.filter((partition) => (partition + this.#shift) % members.length === index);
    return { member, generation: this.#generation, partitions };
  }

  /** A member leaves, or is given up, which it learns with its next heartbeat. */
  leave(member: number): void {
    if (this.#heard.delete(member)) this.#rebalance();
  }

  /** Gives up the members that were not heard of for the session timeout. */
  expire(): void {
    for (const [member, heard] of this.#heard) {
      if (this.#now() - heard >= SESSION_TIMEOUT_MS) this.leave(member);
    }
  }

  /** @throws Answer RebalanceInProgress, UnknownMember */
  heartbeat({ member, generation }: Assignment): void {
    if (!this.#heard.has(member)) throw new Answer(new UnknownMember());
    this.#heard.set(member, this.#now());
    if (generation !== this.#generation) throw new Answer(new RebalanceInProgress());
  }

  /** Stores an offset, whatever it is: rewinds too. @throws Answer UnknownMember, RebalanceInProgress */
  commit(assignment: Assignment, offsets: ReadonlyMap<number, bigint>): void {
    this.heartbeat(assignment);
    for (const [partition, offset] of offsets) this.#committed.set(partition, offset);
  }

  /** Where a group begins when nobody says anything else. */
  committed(partition: number): bigint {
    return this.#committed.get(partition) ?? 0n;
  }

  allCommitted(): ReadonlyMap<number, bigint> {
    return new Map(this.#committed);
  }

  /** As after seven days without a member. */
  forgetOffsets(): void {
    this.#committed.clear();
  }

  #rebalance(): void {
    this.#generation += 1;
    this.#shift = this.#random.below(this.#partitions);
  }
}
