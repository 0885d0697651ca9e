import { MillraceError } from '@millrace/kernel';
import type { RedisCommands } from '@millrace/online-store/redis';
import type { Twin } from './script-twins.ts';
import type { SimulatedRedis } from './simulated-redis.ts';
import { type Argument, text } from './values.ts';

/** A command on its way to the server. */
export interface Sent<T> {
  readonly action: string;
  /** The keys that it names. */
  readonly keys: readonly string[];
  /** The fields of rows that it reads. */
  readonly fields?: readonly string[];
  perform(): T;
}

/** What a caller sees when a command was refused, or not answered. */
export function connectionLost(): Error {
  return new MillraceError('STORE_UNAVAILABLE', 'Redis does not answer');
}

/** Carries a command out when it is time, and gives its answer. */
export type Send = <T>(command: Sent<T>) => Promise<T>;

/**
 * A client of the simulated server.
 *
 * @param twins the scripts that it has.
 */
export function simulatedClient(
  redis: SimulatedRedis,
  send: Send,
  twins: ReadonlyMap<string, Twin>,
): RedisCommands {
  const run = <T>(name: string, keys: readonly string[], rest: string, perform: () => T) =>
    send({
      action: `redis: ${name}${keys.length === 1 ? ` ${keys[0]}` : ''} ${rest}`.trimEnd(),
      keys,
      perform: () => redis.command(perform),
    });
  const script = (sha: string, keyCount: number, rest: readonly Argument[]) => {
    const twin = twins.get(sha);
    if (twin === undefined) throw new Error(`the simulation has no twin of the script ${sha}`);
    const keys = rest.slice(0, keyCount).map(text);
    const raw = rest.slice(keyCount);
    return run(twin.name, keys, describe(twin.name, raw), () => twin.run(redis, keys, raw.map(text), raw));
  };
  const readFields = (key: string, fields: readonly string[]) =>
    send({
      action: `redis: HMGET ${key} ${fields.join(' ')}`,
      keys: [key],
      fields,
      perform: () => fields.map((field) => rowAt(redis, key, field)),
    });
  return {
    isCluster: false,
    evalsha: (sha, keys, ...rest) => script(sha, keys, rest),
    eval: () => Promise.reject(new Error('the simulated server has all scripts')),
    hget: (key, field) => run('HGET', [key], field, () => redis.get(key, field)?.toString() ?? null),
    hgetall: (key) =>
      run('HGETALL', [key], '', () =>
        Object.fromEntries([...redis.fields(key)].map(([field, value]) => [field, value.toString()])),
      ),
    hkeys: (key) => run('HKEYS', [key], '', () => [...redis.fields(key).keys()]),
    hset: (key, field, value) =>
      run('HSET', [key], `${field} ${value}`, () => {
        redis.set(key, field, value);
        return 1;
      }),
    hdel: (key, ...fields) =>
      run('HDEL', [key], fields.join(' '), () => fields.filter((field) => redis.delete(key, field)).length),
    sendCommand({ name, args }) {
      const [first = '', ...rest] = args.flat().map(argument);
      switch (name) {
        case 'evalsha':
          return script(text(first), Number(rest[0]), rest.slice(1));
        case 'hmget':
          return readFields(text(first), rest.map(text));
        case 'sscan':
          return run('SSCAN', [text(first)], '', () => [
            Buffer.from('0'),
            [...redis.fields(text(first)).keys()].map((member) => Buffer.from(member, 'latin1')),
          ]);
        default:
          throw new Error(`the simulated server has no ${name}`);
      }
    },
  };
}

function rowAt(redis: SimulatedRedis, key: string, field: string): Buffer | null {
  const value = redis.get(key, field);
  return value === undefined ? null : Buffer.from(value);
}

function describe(name: string, args: readonly Argument[]): string {
  if (name === 'write') return `${text(args[0] ?? '')} up to ${text(args[1] ?? '')}`;
  const told = name === 'checkpoint' ? args.slice(2, 2 + 2 * Number(args[0])) : args;
  return told.map(text).join(' ');
}

function argument(given: unknown): Argument {
  if (typeof given === 'string' || typeof given === 'number' || Buffer.isBuffer(given)) return given;
  throw new TypeError(`${typeof given} is no argument of a command`);
}
