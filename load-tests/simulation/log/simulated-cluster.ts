import type { ConsumeOptions, PartitionSpan } from '@millrace/event-log';
import { startConsuming } from '@millrace/event-log/simulation';
import { MillraceError, type Running } from '@millrace/kernel';
import type { Process } from '../core/process.ts';
import type { Random } from '../core/random.ts';
import type { Scheduler } from '../core/scheduler.ts';
import { SimulatedGroup } from './simulated-group.ts';
import type { SimulatedLog } from './simulated-log.ts';
import { SimulatedMember } from './simulated-member.ts';

/** What a projector asks of the log. */
export interface ConsumedLog {
  consume(options: ConsumeOptions): Promise<Running<void>>;
  spans(topic: string): Promise<readonly PartitionSpan[]>;
  committed(groupId: string, topic: string): Promise<ReadonlyMap<number, bigint>>;
}

const EXPIRE_EVERY_MS = 5_000;

/** The servers of the log: its records, and the coordinators of its groups. */
export class SimulatedCluster {
  readonly log: SimulatedLog;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #partitions: number;
  readonly #groups = new Map<string, SimulatedGroup>();

  constructor(scheduler: Scheduler, random: Random, log: SimulatedLog, partitions: number) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.log = log;
    this.#partitions = partitions;
    const broker: Process = { name: 'kafka', alive: true };
    scheduler.timersOf(broker).every(EXPIRE_EVERY_MS, () => {
      for (const group of this.#groups.values()) group.expire();
    });
  }

  groups(): readonly SimulatedGroup[] {
    return [...this.#groups.values()];
  }

  /** What a group has committed of a partition. */
  committed(groupId: string, partition: number): bigint {
    return this.#group(groupId).committed(partition);
  }

  /** The log as one process sees it: the real logic of consuming over a member that is not kafkajs. */
  seenBy(process: Process): ConsumedLog {
    const scheduler = this.#scheduler;
    const { log } = this;
    const call = <T>(action: string, perform: () => T) =>
      scheduler.call(process, { action, perform, failure: logUnavailable });
    const spans = (topic: string) => call(`${topic}: spans`, () => log.spans(topic));
    return {
      spans,
      committed: (groupId, topic) =>
        call(`${topic}: committed offsets`, () => this.#group(groupId).allCommitted()),
      consume: (options) =>
        startConsuming(
          {
            join: async () => {
              const { groupId, topic } = options;
              const group = this.#group(groupId);
              return new SimulatedMember({ process, scheduler, random: this.#random, log, group, topic });
            },
            spans: () => spans(options.topic),
            timers: scheduler.timersOf(process),
            clock: scheduler.clock,
          },
          options,
        ),
    };
  }

  #group(groupId: string): SimulatedGroup {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known;
    const group = new SimulatedGroup(this.#random, this.#partitions, () => this.#scheduler.now);
    this.#groups.set(groupId, group);
    return group;
  }
}

function logUnavailable(): Error {
  return new MillraceError('LOG_UNAVAILABLE', 'the broker does not answer');
}
