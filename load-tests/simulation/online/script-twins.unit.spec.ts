import { type Running, systemClock, systemTimers } from '@millrace/kernel';
import {
  Layout,
  RedisCollector,
  RedisGenerations,
  RedisReader,
  RedisWriter,
} from '@millrace/online-store/redis';
import { onlineStoreContract } from '@millrace/online-store/testing/contract';
import { pointInTimeCases } from '@millrace/online-store/testing/point-in-time-cases';
import type { OnlineStore } from '@millrace/online-store';
import { twinsOf } from './script-twins.ts';
import { simulatedClient } from './simulated-client.ts';
import { SimulatedRedis } from './simulated-redis.ts';

/** What the simulation says about Redis is worth as much as its scripts are like those of the store. */
function connect(): Promise<Running<OnlineStore>> {
  const client = simulatedClient(new SimulatedRedis(), async ({ perform }) => perform(), twinsOf());
  const layout = new Layout('sim');
  const writer = new RedisWriter(client, layout);
  const reader = new RedisReader(client, layout, { timers: systemTimers, nowMs: () => performance.now() });
  const collector = new RedisCollector(client, layout);
  const store: OnlineStore = {
    generations: new RedisGenerations(client, layout, systemClock),
    resumeFrom: (from) => writer.resumeFrom(from),
    write: (rows, end) => writer.write(rows, end),
    checkpoint: () => writer.checkpoint(),
    release: (generation) => writer.release(generation),
    collect: (bucket, views, time) => collector.collect(bucket, views, time),
    read: (reads) => reader.read(reads),
    applied: () => reader.applied(),
    waitFor: (minPositions, timeoutMs) => reader.waitFor(minPositions, timeoutMs),
    readBucket: (bucket) => reader.readBucket(bucket),
  };
  return Promise.resolve({ value: store, stop: () => Promise.resolve() });
}

onlineStoreContract('the store over the simulated Redis', connect);
pointInTimeCases('the store over the simulated Redis', connect);
