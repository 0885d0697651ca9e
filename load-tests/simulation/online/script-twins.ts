import {
  checkpointScript,
  collectScript,
  dropRowsScript,
  positionsScript,
  raiseScript,
  readBucketScript,
  readScript,
  requestScript,
  settleScript,
  writeScript,
} from '@millrace/online-store/redis';
import { requestGenerations, settleGenerations } from './generation-scripts.ts';
import { raiseApplied, raisePositions, readPositions } from './position-scripts.ts';
import type { SimulatedRedis } from './simulated-redis.ts';
import {
  collectRows,
  type IsOver,
  isOutOfDate,
  dropRows,
  readBucket,
  readRows,
} from './sweep-and-read-scripts.ts';
import { type Argument, bytes } from './values.ts';
import { keepNewest, type PutRow, writeRows } from './write-script.ts';

/** What a script does, told once more in TypeScript. The contract of the online store holds for both. */
export interface Twin {
  readonly name: string;
  run(
    redis: SimulatedRedis,
    keys: readonly string[],
    args: readonly string[],
    raw: readonly Argument[],
  ): unknown;
}

/**
 * The scripts of the store, by their hash, each with what it does on the simulated server.
 *
 * @param put what becomes of a row where one is already; mutants do that wrong.
 * @param isOver which rows are collected.
 */
export const twinsOf = (put: PutRow = keepNewest, isOver: IsOver = isOutOfDate): ReadonlyMap<string, Twin> =>
  new Map<string, Twin>([
    [
      writeScript.sha,
      {
        name: 'write',
        run: (redis, _keys, [field = '', next = '', prefix = ''], raw) =>
          writeRows(redis, field, next, prefix, bytes(raw[3]), put),
      },
    ],
    [
      positionsScript.sha,
      { name: 'read positions', run: (redis, keys, [field = '']) => readPositions(redis, keys, field) },
    ],
    [checkpointScript.sha, { name: 'checkpoint', run: raisePositions }],
    [raiseScript.sha, { name: 'raise applied', run: (redis, keys, args) => raiseApplied(redis, keys, args) }],
    [
      requestScript.sha,
      { name: 'ask for generations', run: (redis, [key = ''], args) => requestGenerations(redis, key, args) },
    ],
    [
      settleScript.sha,
      { name: 'settle generations', run: (redis, [key = ''], args) => settleGenerations(redis, key, args) },
    ],
    [dropRowsScript.sha, { name: 'drop rows', run: dropRows }],
    [
      collectScript.sha,
      { name: 'collect rows', run: (redis, [key = ''], args) => collectRows(redis, key, args, isOver) },
    ],
    [readScript.sha, { name: 'read rows', run: readRows }],
    [
      readBucketScript.sha,
      { name: 'read bucket', run: (redis, keys, [prefix = '']) => readBucket(redis, keys, prefix) },
    ],
  ]);
