import { ClickHouseError } from '@clickhouse/client';
import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';

/** Codes of ClickHouse that mean: not now. Everything else that it answers will be answered again. */
const passing = new Set([
  '75', // CANNOT_WRITE_TO_FILE_DESCRIPTOR: a full disk, mostly
  '159', // TIMEOUT_EXCEEDED
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '203', // NO_FREE_CONNECTION
  '209', // SOCKET_TIMEOUT
  '210', // NETWORK_ERROR
  '236', // ABORTED: the server is being stopped
  '241', // MEMORY_LIMIT_EXCEEDED
  '242', // TABLE_IS_READ_ONLY
  '243', // NOT_ENOUGH_SPACE
  // After a full disk a merged part can be empty, until a restart takes up the parts that it was merged from.
  '246', // CORRUPTED_DATA
  '252', // TOO_MANY_PARTS
  '285', // TOO_FEW_LIVE_REPLICAS
  '286', // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  '289', // REPLICA_IS_NOT_IN_QUORUM
  '319', // UNKNOWN_STATUS_OF_INSERT
  '341', // UNFINISHED: a replica is away, and the others went on
  '394', // QUERY_WAS_CANCELLED
  '517', // CANNOT_ASSIGN_ALTER: another one changes the table at the same time
  '999', // KEEPER_EXCEPTION
]);

/** What failed in ClickHouse: STORE_UNAVAILABLE where trying again can succeed, else INTERNAL. */
export function storeError(what: string, cause: unknown): MillraceError {
  // An answer that is not what was asked for will not be another time.
  const lasting =
    cause instanceof z.ZodError || (cause instanceof ClickHouseError && !passing.has(cause.code));
  return new MillraceError(lasting ? 'INTERNAL' : 'STORE_UNAVAILABLE', `${what}: ${describeError(cause)}`, {
    cause,
  });
}

/** Runs work, and turns what ClickHouse throws in it into {@link storeError}. */
export function storeErrors(what: string): <T>(work: () => Promise<T>) => Promise<T> {
  return async (work) => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause;
      throw storeError(what, cause);
    }
  };
}
