import { randomUUID } from 'node:crypto';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import type { Http } from './http.ts';

/** Last offsets by topic and partition: what a write returns is what `minPositions` of a read waits for. */
export type Positions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What was wrong with a row. */
export interface RejectedRow {
  readonly index: number;
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** What became of rows that were written. */
export interface Written {
  readonly accepted: number;
  readonly rejected: readonly RejectedRow[];
  readonly positions: Positions;
}

/** How to write. */
export interface WriteOptions {
  /**
   * Names the request, so that writing the same rows again, even from another process, has no further effect.
   * @default a new one: only the SDK's own tries of one call are known as the same
   */
  readonly idempotencyKey?: string;
  /** Whether one refused row refuses all; they go in one request then. @default false */
  readonly atomic?: boolean;
  /** Answer refused rows instead of throwing ROWS_REJECTED when there are any. @default false */
  readonly partial?: boolean;
  /** W3C trace context of the work that causes the events. */
  readonly traceparent?: string;
}

/** The answer of the gateway. */
export const writeAnswerSchema = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), path: z.string(), code: z.string(), message: z.string() })),
  positions: z.record(z.string(), z.record(z.string(), z.number())),
  predictionIds: z.array(z.string().nullable()).optional(),
});
type Answer = z.output<typeof writeAnswerSchema>;

const ANSWERED = [422];

/**
 * Writes rows in requests of at most `batchRows`, one after the other, so that what is written first is first.
 *
 * @throws MillraceError ROWS_REJECTED with what was written, LOG_UNAVAILABLE, OVERLOADED and others of the gateway.
 */
export async function writeBatches(
  http: Http,
  path: string,
  rows: readonly unknown[],
  batchRows: number,
  options: WriteOptions,
): Promise<Written & { readonly predictionIds: readonly (string | null)[] }> {
  const { idempotencyKey = randomUUID(), atomic = false, partial = false } = options;
  const size = atomic ? Math.max(rows.length, 1) : batchRows;
  const answers: Answer[] = [];
  for (let from = 0; from < rows.length; from += size) {
    const batch = rows.slice(from, from + size);
    // The first request carries the key as it is, so that a small write is named alike from any language.
    const key = from === 0 ? idempotencyKey : `${idempotencyKey}/${from}`;
    answers.push(shifted(await writeOne(http, path, batch, key, atomic, options.traceparent), from));
  }
  const written = {
    accepted: answers.reduce((sum, { accepted }) => sum + accepted, 0),
    rejected: answers.flatMap(({ rejected }) => rejected),
    positions: mergePositions(answers.map(({ positions }) => positions)),
    predictionIds: answers.flatMap(({ predictionIds = [] }) => predictionIds),
  };
  const [first] = written.rejected;
  if (first === undefined || partial) return written;
  const refused = new Set(written.rejected.map(({ index }) => index)).size;
  throw new MillraceError(
    'ROWS_REJECTED',
    `${refused} of ${rows.length} rows were refused; row ${first.index}: ${first.message}`,
    { details: written },
  );
}

async function writeOne(
  http: Http,
  path: string,
  rows: readonly unknown[],
  key: string,
  atomic: boolean,
  traceparent: string | undefined,
): Promise<Answer> {
  const response = await http({
    method: 'POST',
    path,
    json: { rows, atomic },
    headers: { 'idempotency-key': key, ...(traceparent === undefined ? {} : { traceparent }) },
    repeatable: true,
    alsoAnswers: ANSWERED,
  });
  const body: unknown = await response.json();
  const answer = writeAnswerSchema.safeParse(body);
  if (answer.success) return answer.data;
  throw new MillraceError(
    'REQUEST_INVALID',
    `the gateway refused the request: ${JSON.stringify(body).slice(0, 500)}`,
    { details: { status: response.status, body } },
  );
}

function shifted(answer: Answer, by: number): Answer {
  return { ...answer, rejected: answer.rejected.map((row) => ({ ...row, index: row.index + by })) };
}

/** The later of several positions in each partition. */
export function mergePositions(all: readonly Positions[]): Positions {
  const merged: Record<string, Record<string, number>> = {};
  for (const positions of all) {
    for (const [topic, offsets] of Object.entries(positions)) {
      const into = (merged[topic] ??= {});
      for (const [partition, offset] of Object.entries(offsets)) {
        into[partition] = Math.max(into[partition] ?? 0, offset);
      }
    }
  }
  return merged;
}
