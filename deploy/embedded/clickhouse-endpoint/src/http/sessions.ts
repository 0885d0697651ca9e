import { ClickHouseError } from '../clickhouse-error.ts';
import type { Engine, EngineConnection } from '../engine/engine.ts';
import { placeholders } from '../sql/placeholders.ts';
import type { SessionRequest } from './request-options.ts';

/** A connection held for one request. */
export type Lease = {
  readonly connection: EngineConnection;
  /** Whether later requests use the same connection. */
  readonly isShared: boolean;
  /** Whether no request has used the connection before. */
  readonly isNew: boolean;
  /** Throws 456 for a placeholder that only an earlier request of the session gave a value. */
  checkParameters(text: string, given: ReadonlyMap<string, string>): void;
  /** Gives a session back, closes a connection that belongs to none. */
  release(): void;
};

export type Sessions = {
  /** Throws 372 when a session that must exist does not, 373 when it is in use. */
  lease(request: SessionRequest | undefined): Lease;
  stop(): Promise<void>;
};

type Session = {
  readonly connection: EngineConnection;
  /** The engine keeps the value of a parameter for ever. */
  readonly parametersSeen: Set<string>;
  busy: boolean;
  expiry: NodeJS.Timeout | undefined;
};

/** Sessions by `session_id`; a request without one gets a fresh connection, so no setting can leak. */
export function createSessions(engine: Engine): Sessions {
  const sessions = new Map<string, Session>();
  const closing = new Set<Promise<void>>();

  const close = (connection: EngineConnection) => {
    const closed = connection.close();
    closing.add(closed);
    void closed.finally(() => closing.delete(closed));
  };
  const end = (id: string, session: Session) => {
    clearTimeout(session.expiry);
    sessions.delete(id);
    close(session.connection);
  };

  return {
    lease(request) {
      if (!request) {
        const connection = engine.open();
        return {
          connection,
          isShared: false,
          isNew: true,
          checkParameters: () => undefined,
          release: () => close(connection),
        };
      }
      const { id, timeoutSeconds, mustExist, closeAfter } = request;
      const found = sessions.get(id);
      if (!found && mustExist) throw new ClickHouseError(372, 'SESSION_NOT_FOUND', `Session ${id} not found`);
      if (found?.busy) {
        throw new ClickHouseError(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client`);
      }
      const session = found ?? newSession(engine);
      sessions.set(id, session);
      session.busy = true;
      clearTimeout(session.expiry);
      return {
        connection: session.connection,
        isShared: true,
        isNew: found === undefined,
        checkParameters: (text, given) => checkParameters(session.parametersSeen, text, given),
        release() {
          session.busy = false;
          if (closeAfter) end(id, session);
          else session.expiry = setTimeout(() => end(id, session), timeoutSeconds * 1000).unref();
        },
      };
    },
    async stop() {
      for (const [id, session] of sessions) end(id, session);
      await Promise.all(closing);
    },
  };
}

function newSession(engine: Engine): Session {
  return { connection: engine.open(), parametersSeen: new Set(), busy: false, expiry: undefined };
}

function checkParameters(seen: Set<string>, text: string, given: ReadonlyMap<string, string>): void {
  const stale = placeholders(text).find((name) => seen.has(name) && !given.has(name));
  if (stale !== undefined) {
    throw new ClickHouseError(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${stale}\` is not set`);
  }
  for (const name of given.keys()) seen.add(name);
}
