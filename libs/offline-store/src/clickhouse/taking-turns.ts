import { ClickHouseError } from '@clickhouse/client';
import { pause, systemTimers, type Timers } from '@millrace/kernel';

/** Codes of ClickHouse for: it is another one's turn, and nothing of this was done. */
const anothersTurn = new Set([
  '286', // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  '517', // CANNOT_ASSIGN_ALTER
]);
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
/** How long to wait for the turn at most, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Sends an insert, or a change of a table, and waits where another one has the turn: on a cluster those of one table
 * go one after the other. Pauses differ by chance, so that two who wait do not meet again.
 *
 * @throws whatever sending throws; also the answer that it is another one's turn, after half a minute.
 */
export async function takingTurns<T>(send: () => Promise<T>, timers: Timers = systemTimers): Promise<T> {
  let waited = 0;
  let longest = FIRST_PAUSE_MS;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      const passes = error instanceof ClickHouseError && anothersTurn.has(error.code);
      if (!passes || waited >= PATIENCE_MS) throw error;
    }
    const delay = longest * (0.5 + Math.random() / 2);
    await pause(timers, delay);
    waited += delay;
    longest = Math.min(longest * 2, LONGEST_PAUSE_MS);
  }
}
