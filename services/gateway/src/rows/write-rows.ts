import type { LogWriter, RecordToAppend } from '@millrace/event-log';
import type { RowIssue } from '@millrace/feature-registry/row';
import { MillraceError } from '@millrace/kernel';
import type { GatewayMetrics } from '../metrics.ts';
import type { Outcome } from './outcome.ts';
import type { SentRequest, SentRows } from './sent-rows.ts';
import { Tally } from './tally.ts';

const NONE: readonly RowIssue[] = [];

/** How to write the rows of a request. */
export interface WriteRowsOptions {
  readonly log: LogWriter;
  readonly metrics: GatewayMetrics;
  readonly topic: string;
  /** For a request with an idempotency key. */
  readonly sent?: { readonly rows: SentRows; readonly request: SentRequest } | undefined;
  /** Whether one refused row refuses all; asked once the rows are read, since a JSON body may say it. */
  readonly atomic: () => boolean;
}

/**
 * Appends the rows chunk by chunk, each while the next is read, and counts them. Atomic: all in one append, or none.
 *
 * @throws MillraceError LOG_UNAVAILABLE and what reading the body throws; `details` then tell what was accepted before.
 */
export async function writeRows(
  chunks: AsyncIterable<readonly Outcome[]>,
  { log, metrics, topic, sent, atomic }: WriteRowsOptions,
): Promise<Tally> {
  const tally = new Tally();
  let index = 0;
  let held: RecordToAppend[] = [];
  let appending: Promise<void> = Promise.resolve();

  const reused = ({ value }: RecordToAppend): readonly RowIssue[] => {
    const issue = sent?.rows.check(value, sent.request);
    return issue === undefined ? NONE : [issue];
  };

  const append = async (records: readonly RecordToAppend[]) => {
    if (records.length === 0) return;
    const stop = metrics.appendSeconds.startTimer();
    const positions = await log.append(records);
    stop();
    if (sent !== undefined) for (const { value } of records) sent.rows.remember(value, sent.request);
    tally.accept(positions);
    metrics.accepted.inc({ topic }, positions.length);
  };

  try {
    for await (const chunk of chunks) {
      for (const outcome of chunk) {
        const issues = outcome.ok ? reused(outcome.value) : outcome.error;
        if (outcome.ok && issues.length === 0) held.push(outcome.value);
        else {
          tally.reject(index, issues);
          metrics.rejected.inc({ topic, code: issues[0]?.code ?? 'REQUEST_INVALID' });
        }
        index++;
      }
      if (atomic()) continue;
      await appending;
      appending = append(held);
      // Awaited before the next append; until then a failure must not count as unhandled.
      appending.catch(() => undefined);
      held = [];
    }
    await appending;
    if (atomic() && tally.rejectedRows === 0) await append(held);
    return tally;
  } catch (error) {
    await appending.catch(() => undefined);
    throw withProgress(error, tally);
  }
}

/** A stream may end in an error after some of its rows are in the log: the sender is told which positions they have. */
function withProgress(error: unknown, tally: Tally): unknown {
  if (!(error instanceof MillraceError) || tally.accepted === 0) return error;
  const { accepted, positions } = tally.answer();
  return new MillraceError(error.code, error.message, {
    cause: error,
    details: { ...error.details, accepted, positions },
  });
}
