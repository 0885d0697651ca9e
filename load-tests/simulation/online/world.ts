import { describeError, MillraceError } from '@millrace/kernel';
import { RedisGenerations, RedisWriter } from '@millrace/online-store/redis';
import type { ProjectionParts } from '@millrace/online-projector/projection';
import type { Process } from '../core/process.ts';
import { Rebuilds } from '../core/rebuilds.ts';
import { promised } from '../core/violation.ts';
import type { World, WorldParts } from '../core/world.ts';
import { LetterBox, simulatedDeadLetters } from '../events/letters.ts';
import { isElsewhere, layout } from './keys.ts';
import { Parity } from './parity.ts';
import { twinsOf } from './script-twins.ts';
import { type Send, simulatedClient } from './simulated-client.ts';
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
}

/** The online projector over a simulated Redis. */
export function onlineWorld(
  { scheduler, random, history, cluster, producers, partitions }: WorldParts,
  { distort = (store) => store, put }: OnlineFlaws = {},
): World {
  const twins = twinsOf(put);
  const redis = new SimulatedRedis();
  const letters = new LetterBox();
  const parity = new Parity(redis, producers, partitions);

  const immediately = simulatedClient(redis, async ({ perform }) => perform(), twins);
  const rebuilds = new Rebuilds(
    cluster.log,
    random,
    new RedisGenerations(immediately, layout, scheduler.clock),
    (topic, number, partition) => BigInt(parity.applied(topic, number, partition)),
  );

  function storeOf(process: Process): OnlineProjectedStore {
    const send: Send = (command) =>
      isElsewhere(command.keys)
        ? scheduler.callAtOnce(process, command.perform)
        : scheduler.call(process, { ...command, failure: connectionLost });
    const client = simulatedClient(redis, send, twins);
    const writer = new RedisWriter(client, layout);
    return {
      generations: new RedisGenerations(client, layout, scheduler.clock),
      resumeFrom: (from) => writer.resumeFrom(from),
      write: (rows, end) => writer.write(rows, end),
      checkpoint: () => writer.checkpoint(),
      release: (generation) => writer.release(generation),
    };
  }

  return {
    name: 'online',
    start: (process, onFailure) =>
      startOnline({
        log: cluster.seenBy(process),
        store: distort(storeOf(process)),
        deadLetters: simulatedDeadLetters(letters, producers, scheduler, process),
        timers: scheduler.timersOf(process),
        clock: scheduler.clock,
        onTrouble: (error) => history.note(scheduler.now, process.name, `notes: ${describeError(error)}`),
        onFailure,
      }),
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

function connectionLost(): Error {
  return new MillraceError('STORE_UNAVAILABLE', 'Redis does not answer');
}
