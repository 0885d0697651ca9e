import {
  Abandoned,
  type Clock,
  type Micros,
  MillraceError,
  retrying,
  type Running,
  type Timers,
} from '@millrace/kernel';
import type { ConsumeOptions, PartitionBatch, PartitionSpan } from '../port.ts';
import {
  type FetchedBatch,
  type GroupMember,
  HEARTBEAT_INTERVAL_MS,
  SESSION_TIMEOUT_MS,
} from './group-member.ts';
import { batchOf } from './partition-batch.ts';

/** What consuming a topic needs of the world. */
export interface ConsumingParts {
  join(): Promise<GroupMember>;
  /** First and next offset of each partition. @throws MillraceError LOG_UNAVAILABLE */
  spans(): Promise<readonly PartitionSpan[]>;
  readonly timers: Timers;
  readonly clock: Clock;
  /** How long the group waits for a heartbeat. @default {@link SESSION_TIMEOUT_MS} */
  readonly sessionTimeoutMs?: number;
}

/** One membership of the group: the partitions that it gave, and the offsets that they go on from. */
interface Membership {
  readonly resumes: Map<number, Promise<bigint>>;
  /** By partition, the offset that the next batch has to be fetched from. */
  readonly next: Map<number, bigint>;
  /** By partition, markers of transactions that are being passed over. */
  readonly passing: Map<number, Promise<void>>;
  lastHeartbeat: Micros;
  over: boolean;
}

/** Whose a batch is, while it is applied. */
interface Ownership extends Required<Pick<PartitionBatch, 'isCurrent' | 'isOver'>> {
  /** Whether nobody here wants the outcome now. */
  over(): boolean;
}

/**
 * Consumes one topic in a group, going on from where the store is rather than from committed offsets: at every
 * assignment each partition is sought to what `resumeFrom` says, and what was fetched from elsewhere is put aside:
 * a batch that is not resolved is simply fetched again.
 * A batch whose effect fails with an error that may pass is tried again until it succeeds or the partition is lost.
 */
export async function startConsuming(
  { join, spans, timers, clock, sessionTimeoutMs = SESSION_TIMEOUT_MS }: ConsumingParts,
  options: ConsumeOptions,
): Promise<Running<void>> {
  const { topic } = options;
  const sessionTimeout: Micros = BigInt(sessionTimeoutMs) * 1000n;
  const member = await join();
  let membership: Membership | undefined;
  let stopping = false;
  let failed = false;

  function fail(error: unknown): void {
    if (failed) return;
    failed = true;
    options.onFailure(error);
  }

  function endMembership(): void {
    if (membership !== undefined) membership.over = true;
  }

  function joined(partitions: readonly number[]): void {
    endMembership();
    const current: Membership = {
      resumes: new Map(),
      next: new Map(),
      passing: new Map(),
      lastHeartbeat: clock.now(),
      over: false,
    };
    membership = current;
    for (const partition of partitions) {
      const resumed = resume(partition, current, () => stopping || current.over);
      current.resumes.set(partition, resumed);
      resumed.catch((error: unknown) => {
        if (!(error instanceof Abandoned)) fail(error);
      });
    }
  }

  async function resume(partition: number, { next }: Membership, over: () => boolean): Promise<bigint> {
    const offset = await retrying(() => options.resumeFrom(partition), { abandoned: over, timers });
    next.set(partition, offset);
    if (!over()) member.seek(partition, offset);
    return offset;
  }

  /** Whether a batch begins where the last one ended; if not, the next fetch is sent there. */
  async function continues(
    { batch, fetchedFrom }: FetchedBatch,
    { next }: Membership,
    over: () => boolean,
  ): Promise<boolean> {
    const { partition } = batch;
    const wanted = next.get(partition) ?? 0n;
    if (fetchedFrom === wanted) return true;
    const found = await retrying(spans, { abandoned: over, timers });
    const span = found.find((candidate) => candidate.partition === partition);
    if (span === undefined || wanted < span.first || wanted > span.next) {
      throw new MillraceError(
        'LOG_TRUNCATED',
        `${topic}/${partition} has offsets ${span?.first ?? 0n} to ${span?.next ?? 0n}, and the store goes on from ${wanted}`,
        { details: { topic, partition } },
      );
    }
    member.seek(partition, wanted);
    return false;
  }

  /** Applies a batch, and says whether it is applied; if not, it is fetched again by whoever has the partition. */
  async function apply(
    partition: number,
    current: Membership,
    batchAt: (ownership: Ownership) => Promise<PartitionBatch | undefined>,
  ): Promise<boolean> {
    const isCurrent = () =>
      membership === current && !current.over && clock.now() - current.lastHeartbeat < sessionTimeout;
    const over = () => stopping || !isCurrent();
    const isOver = () => stopping || membership !== current;
    try {
      await current.resumes.get(partition);
      const batch = over() ? undefined : await batchAt({ isCurrent, isOver, over });
      if (batch === undefined) return false;
      await retrying(() => options.onBatch(batch), { abandoned: over, timers });
      // An effect puts aside what is no longer this member's; resolved, it would never be fetched again.
      if (!isCurrent()) return false;
      current.next.set(partition, batch.nextOffset);
      return true;
    } catch (error) {
      if (error instanceof Abandoned || !isCurrent()) return false;
      fail(error);
      throw error;
    }
  }

  function applyFetched(fetched: FetchedBatch, current: Membership): Promise<boolean> {
    const { partition } = fetched.batch;
    return apply(partition, current, async ({ isCurrent, isOver, over }) => {
      await current.passing.get(partition);
      // Fetched before the seek was carried out: the next fetch begins where the store is.
      if (fetched.isStale() || over() || !(await continues(fetched, current, over))) return undefined;
      return batchOf(fetched.batch, isCurrent, isOver);
    });
  }

  /** Markers of transactions take offsets too, which a store has to cover; the member gives no batch of them. */
  function passOver(partition: number, first: bigint, last: bigint): void {
    const current = membership;
    if (current === undefined) return;
    const before = current.passing.get(partition) ?? Promise.resolve();
    const passed = before.then(async () => {
      const applied = await apply(partition, current, async ({ isCurrent, isOver }) => {
        const next = current.next.get(partition) ?? 0n;
        // Fetched from elsewhere than where the store goes on: the next fetch begins there.
        if (first > next || last < next) return undefined;
        const nextOffset = last + 1n;
        return {
          topic,
          partition,
          records: [],
          bytes: 0,
          highWatermark: nextOffset,
          nextOffset,
          isCurrent,
          isOver,
        };
      });
      // The member has passed them already: nothing else would bring them back before the next record.
      if (!applied && membership === current && !stopping)
        member.seek(partition, current.next.get(partition) ?? 0n);
    });
    // What fails is told to onFailure.
    current.passing.set(
      partition,
      passed.then(
        () => undefined,
        () => undefined,
      ),
    );
  }

  async function handle(fetched: FetchedBatch): Promise<void> {
    const current = membership;
    if (stopping || current?.resumes.has(fetched.batch.partition) !== true) return;
    const beating = keepBeating(fetched, timers);
    try {
      if (!(await applyFetched(fetched, current))) return;
    } finally {
      beating.stop();
    }
    fetched.resolve();
    // Committed offsets are for lag only: a failure is the member's affair, which joins again.
    await fetched.commit();
    beating.throwIfRebalancing();
  }

  await member.start({
    joined,
    ended: endMembership,
    heartbeat() {
      if (membership === undefined) return;
      membership.lastHeartbeat = clock.now();
      // kafkajs may tell of a rebalance once more after the join that answered it (seen when a broker had frozen): a
      // heartbeat that the coordinator takes says that the membership is still the one that was given.
      membership.over = false;
    },
    passedOver: passOver,
    crashed(error, restarts) {
      endMembership();
      if (!restarts) fail(error);
    },
    batch: handle,
    mayRestart: () => !stopping,
  });
  return {
    value: undefined,
    async stop() {
      if (stopping) return;
      stopping = true;
      await member.stop();
    },
  };
}

/** Heartbeats while a batch is worked on, for as long as it takes. */
function keepBeating(fetched: FetchedBatch, timers: Timers): { stop(): void; throwIfRebalancing(): void } {
  let failure: unknown;
  const stop = timers.every(HEARTBEAT_INTERVAL_MS, () => {
    fetched.heartbeat().catch((error: unknown) => {
      failure = error;
    });
  });
  return {
    stop,
    throwIfRebalancing() {
      if (failure instanceof Error) throw failure;
    },
  };
}
