import type { AppendedAt } from '@millrace/event-log';
import type { RowIssue } from '@millrace/feature-registry/row';
import { z } from 'zod';

/** What is wrong with one row of a request. */
const rejectionSchema = z.object({
  index: z.int().describe('The row, from 0.'),
  path: z.string().describe('The field, such as mean_delay or tags[2]; empty for the row itself.'),
  code: z.string().describe('A stable code of the error catalogue.'),
  message: z.string().describe('The rule that is broken.'),
});

/** Last offsets by topic and partition. */
export const positionsSchema = z.record(z.string(), z.record(z.string(), z.int()));

/** The answer to a write. */
export const writeAnswerSchema = z.object({
  accepted: z.int().describe('Rows that Kafka has.'),
  rejectedRows: z.int().describe('Rows refused.'),
  rejected: z
    .array(rejectionSchema)
    .describe('What is wrong with them: every problem of a row, of the first 10,000 rows.'),
  positions: positionsSchema.describe(
    'Where the last row of each partition stands; a read waits for it with minPositions.',
  ),
  predictionIds: z
    .array(z.string().nullable())
    .optional()
    .describe('For predictions: the id of each row, given or made; null for one that was refused.'),
});

/** See {@link writeAnswerSchema}. */
export type WriteAnswer = z.infer<typeof writeAnswerSchema>;

const MAX_LISTED_ROWS = 10_000;

/** Counts what becomes of the rows of a request. */
export class Tally {
  accepted = 0;
  rejectedRows = 0;
  readonly #rejected: WriteAnswer['rejected'] = [];
  readonly #positions: Record<string, Record<string, number>> = {};

  reject(index: number, issues: readonly RowIssue[]): void {
    this.rejectedRows++;
    if (this.rejectedRows > MAX_LISTED_ROWS) return;
    for (const { path, code, message } of issues) this.#rejected.push({ index, path, code, message });
  }

  accept(positions: readonly AppendedAt[]): void {
    this.accepted += positions.length;
    for (const { topic, partition, offset } of positions) {
      const offsets = (this.#positions[topic] ??= {});
      offsets[partition] = Math.max(offsets[partition] ?? 0, Number(offset));
    }
  }

  answer(): WriteAnswer {
    return {
      accepted: this.accepted,
      rejectedRows: this.rejectedRows,
      rejected: this.#rejected,
      positions: this.#positions,
    };
  }

  /** 200 when every row was accepted, 207 when some were, 422 when none was. */
  get status(): number {
    if (this.rejectedRows === 0) return 200;
    return this.accepted === 0 ? 422 : 207;
  }
}
