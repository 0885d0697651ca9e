import { describeError, MillraceError } from '@millrace/kernel';
import { type Cluster, Command, type Redis } from 'ioredis';
import { type Script, scripts } from './scripts.ts';

/** A client of one server or of a cluster. */
export type RedisClient = Redis | Cluster;

/**
 * Loads all scripts, so that the first calls need not send their texts. On a cluster that would have to be done on
 * each node, whenever one joins; there the first calls send them.
 */
export async function loadScripts(client: RedisClient): Promise<void> {
  if (client.isCluster) return;
  await Promise.all(scripts.map(({ lua }) => client.script('LOAD', lua)));
}

type Arguments = readonly (string | Buffer)[];

/**
 * Runs a script by its hash, and by its text when the server has not seen it or has lost it. Calls of one tick
 * share a pipeline.
 */
export async function runScript(
  client: RedisClient,
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
  client: RedisClient,
  script: Script,
  keys: Arguments,
  args: Arguments,
): Promise<unknown> {
  const send = (name: string, what: string) =>
    client.sendCommand(new Command(name, [what, keys.length, ...keys, ...args], { replyEncoding: null }));
  try {
    return await send('evalsha', script.sha);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return send('eval', script.lua);
  }
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
      {
        cause,
      },
    );
  }
}
