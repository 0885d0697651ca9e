import { describeError, MillraceError } from '@millrace/kernel';
import { Command } from 'ioredis';
import type { Script } from './scripts/script.ts';

type Argument = string | Buffer;

/** The commands that the store needs of a client of one server or of a cluster; those of ioredis have them. */
export interface RedisCommands {
  readonly isCluster: boolean;
  evalsha(sha: string, keys: number, ...rest: Argument[]): Promise<unknown>;
  eval(lua: string, keys: number, ...rest: Argument[]): Promise<unknown>;
  hget(key: string, field: string): Promise<string | null>;
  hgetall(key: string): Promise<Record<string, string>>;
  hkeys(key: string): Promise<string[]>;
  hset(key: string, field: string, value: string): Promise<number>;
  hdel(key: string, ...fields: string[]): Promise<number>;
  /** Sends a command on its own, without sharing a pipeline. */
  sendCommand(command: Command): unknown;
}

type Arguments = readonly Argument[];

/**
 * Runs a script by its hash, and by its text when the server has not seen it or has lost it. Calls of one tick
 * share a pipeline.
 */
export async function runScript(
  client: RedisCommands,
  script: Script,
  keys: Arguments,
  args: Arguments,
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return client.eval(script.lua, keys.length, ...keys, ...args);
  }
}

/** As {@link runScript}, with strings of the reply as buffers, and without sharing a pipeline. */
export async function runScriptForBuffers(
  client: RedisCommands,
  script: Script,
  keys: Arguments,
  args: Arguments,
): Promise<unknown> {
  const send = (name: string, what: string) =>
    sendForBuffers(client, name, [what, keys.length, ...keys, ...args]);
  try {
    return await send('evalsha', script.sha);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return send('eval', script.lua);
  }
}

/** Sends one command; strings of the reply are buffers. */
export async function sendForBuffers(
  client: RedisCommands,
  name: string,
  args: readonly (Argument | number)[],
): Promise<unknown> {
  return client.sendCommand(new Command(name, [...args], { replyEncoding: null }));
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT ');
}

/** Turns any failure of a client into STORE_UNAVAILABLE. */
export async function guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError(
      'STORE_UNAVAILABLE',
      `the online store could not ${what}: ${describeError(cause)}`,
      { cause },
    );
  }
}
