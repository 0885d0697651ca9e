import type { SimulatedRedis } from './simulated-redis.ts';

/** An argument of a command. */
export type Argument = string | Buffer | number;

/** A field as a number; 0 where there is none. */
export function numberAt(redis: SimulatedRedis, key: string, field: string): number {
  return Number(redis.get(key, field)?.toString() ?? 0);
}

/** A key or an argument as the server compares it: by its bytes. */
export function text(argument: Argument): string {
  return Buffer.isBuffer(argument) ? argument.toString('latin1') : String(argument);
}

/** An argument that has to be bytes. */
export function bytes(argument: Argument | undefined): Buffer {
  if (!Buffer.isBuffer(argument)) throw new TypeError('packed rows are bytes');
  return argument;
}
