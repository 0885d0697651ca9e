import { setTimeout as delay } from 'node:timers/promises';
import type { Engine, EngineConnection } from './engine.ts';
import type { NativeResult } from './native.ts';

const retryMilliseconds = 50;

/**
 * Runs a query that `signal` stops. An abort of the binding's own would leave the engine computing, so the query
 * is killed, again until it has ended: the first KILL may come before the engine has begun it.
 */
export async function queryUntilAborted(
  engine: Engine,
  connection: EngineConnection,
  sql: string,
  format: string,
  signal: AbortSignal,
): Promise<NativeResult> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const kill = async () => {
    while (!ended.signal.aborted) {
      await engine.kill(connection.id).catch(() => undefined);
      await delay(retryMilliseconds, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };
  const onAbort = () => void kill();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await connection.query(sql, format);
  } finally {
    ended.abort();
    signal.removeEventListener('abort', onAbort);
  }
}
