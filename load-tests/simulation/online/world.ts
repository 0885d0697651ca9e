import { describeError } from '@millrace/kernel';
import type { OnlineStoreCollector } from '@millrace/online-store';
import {
  type HoldingTimes,
  RedisCollector,
  RedisGenerations,
  RedisWriter,
} from '@millrace/online-store/redis';
import type { ProjectionParts } from '@millrace/online-projector/projection';
import { wasCollected } from '@millrace/verification';
import type { Process } from '../core/process.ts';
import { Rebuilds } from '../core/rebuilds.ts';
import { promised } from '../core/violation.ts';
import type { World, WorldParts } from '../core/world.ts';
import { LetterBox, simulatedDeadLetters } from '../events/letters.ts';
import { Collected, type KnowsCollected } from './collected.ts';
import { HORIZON } from '../events/definitions.ts';
import type { IsOver } from './sweep-and-read-scripts.ts';
import { layout } from './keys.ts';
import { OnlineReader } from './online-reader.ts';
import { Parity } from './parity.ts';
import { GRACE_MS, holdingTimes } from './reader-times.ts';
import { twinsOf } from './script-twins.ts';
import { connectionLost, type Send, simulatedClient } from './simulated-client.ts';
import { SimulatedRedis } from './simulated-redis.ts';
import { storedGenerations } from './stored-generations.ts';
import { startOnline } from './start-online.ts';
import type { PutRow } from './write-script.ts';

/** The store as projecting sees it. */
export type OnlineProjectedStore = ProjectionParts['store'];

const MOST_LOST = 12;

/** What mutants have wrong. */
export interface OnlineFlaws {
  /** Changes what projectors see of the store. @default nothing */
  readonly distort?: (store: OnlineProjectedStore) => OnlineProjectedStore;
  /** What the server does with a row where one is already. @default the rule */
  readonly put?: PutRow;
  /** For how long readers hold on to generations. @default less than the grace */
  readonly holds?: HoldingTimes;
  /** For how long a generation is fed that was live. @default {@link GRACE_MS} */
  readonly graceMs?: number;
  /** Which rows the server collects. @default those that are out of date */
  readonly isOver?: IsOver;
  /** How long after its TTL a row is kept. @default {@link HORIZON} */
  readonly horizon?: bigint;
  /** How the verification knows what was collected. */
  readonly knows?: KnowsCollected;
}

/** The online projector over a simulated Redis. */
export function onlineWorld(
  { scheduler, random, history, cluster, producers, partitions }: WorldParts,
  {
    distort = (store) => store,
    put,
    holds = holdingTimes,
    graceMs = GRACE_MS,
    isOver,
    horizon = HORIZON,
    knows = wasCollected,
  }: OnlineFlaws = {},
): World {
  const twins = twinsOf(put, isOver);
  const redis = new SimulatedRedis();
  const letters = new LetterBox();
  const collected = new Collected(producers, scheduler.clock, knows);
  const parity = new Parity(redis, producers, partitions, collected);

  const immediately = simulatedClient(redis, async ({ perform }) => perform(), twins);
  const rebuilds = new Rebuilds(
    cluster.log,
    random,
    new RedisGenerations(immediately, layout, scheduler.clock),
    (topic, number, partition) => BigInt(parity.applied(topic, number, partition)),
  );

  let broken: unknown;
  for (let reader = random.pick([0, 1, 1, 2]); reader > 0; reader--) {
    new OnlineReader({
      name: `reader-${reader}`,
      scheduler,
      random: random.fork(),
      redis,
      twins,
      producers,
      holds,
      mayBeGone: (topic, row) => collected.mayBeGone(topic, row),
    })
      .run()
      .catch((error: unknown) => {
        broken ??= error;
      });
  }

  function storeOf(process: Process): OnlineProjectedStore & OnlineStoreCollector {
    const send: Send = (command) => scheduler.call(process, { ...command, failure: connectionLost });
    const client = simulatedClient(redis, send, twins);
    const writer = new RedisWriter(client, layout);
    const collector = new RedisCollector(client, layout);
    return {
      generations: new RedisGenerations(client, layout, scheduler.clock),
      resumeFrom: (from) => writer.resumeFrom(from),
      write: (rows, end) => writer.write(rows, end),
      checkpoint: () => writer.checkpoint(),
      release: (generation) => writer.release(generation),
      collect: (bucket, views, time) => collector.collect(bucket, views, time),
    };
  }

  return {
    name: 'online',
    start: (process, onFailure) => {
      const store = storeOf(process);
      return startOnline({
        log: cluster.seenBy(process),
        store: distort(store),
        collector: store,
        horizon,
        random: () => random.next(),
        deadLetters: simulatedDeadLetters(letters, producers, scheduler, process),
        timers: scheduler.timersOf(process),
        clock: scheduler.clock,
        graceMs,
        onTrouble: (error) => history.note(scheduler.now, process.name, `notes: ${describeError(error)}`),
        onFailure,
      });
    },
    incidents: [
      {
        weight: 3,
        happen() {
          const lost = random.between(0, Math.min(MOST_LOST, redis.commands));
          redis.forget(lost);
          rebuilds.forgive();
          return `redis comes back without its last ${lost} writes`;
        },
      },
      {
        weight: 1,
        happen() {
          redis.flush();
          rebuilds.forgive();
          return 'redis comes back empty';
        },
      },
    ],
    rebuild: () => rebuilds.ask(),
    check() {
      if (broken !== undefined) throw broken;
      parity.check();
      if (rebuilds.areUnderWay) rebuilds.check(storedGenerations(redis));
      return Promise.resolve();
    },
    isCaughtUp: () => parity.isComplete((topic) => cluster.log.lastRecords(topic)),
    checkEnd() {
      parity.checkEnd();
      for (const letter of producers.letters)
        promised(
          'nothing is lost',
          letters.has(letter),
          () => `no dead letter of ${letter.topic}/${letter.partition}@${letter.offset}`,
        );
    },
  };
}
