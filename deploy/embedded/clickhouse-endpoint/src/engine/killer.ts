import { quoteString } from '../sql/quote.ts';
import type { EngineConnection } from './engine.ts';

/**
 * Kills queries by the id of their connection, all that are waiting for it in one KILL: when many clients leave
 * at once, one KILL for each would keep the engine busier than the queries.
 */
export function createKiller(connection: EngineConnection): (connectionId: string) => Promise<void> {
  const doomed = new Set<string>();
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const killAll = async () => {
    next = undefined;
    const ids = [...doomed].map(quoteString).join(', ');
    doomed.clear();
    await connection.query(
      `KILL QUERY WHERE substring(Settings['log_comment'], 1, 36) IN (${ids}) ASYNC FORMAT Null`,
    );
  };

  return (connectionId) => {
    doomed.add(connectionId);
    next ??= running.then(killAll);
    running = next.catch(() => undefined);
    return next;
  };
}
