import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { notImplemented } from '../clickhouse-error.ts';
import { queryUntilAborted } from '../engine/cancellable.ts';
import type { DataInsert, InputInsert } from '../sql/insert.ts';
import { quoteString } from '../sql/quote.ts';
import { fallbackFormat } from './formats.ts';
import type { Job } from './job.ts';
import type { RequestBody } from './request-body.ts';

/**
 * Takes the rows of a request's body into a file and inserts them when the last byte is there: through a pipe, a
 * body that breaks off would end like a whole one.
 */
export async function insertJob(
  insert: DataInsert | InputInsert,
  body: RequestBody,
  spoolDirectory: string,
): Promise<Job> {
  const path = join(spoolDirectory, `${randomUUID()}.rows`);
  const sql = fromFile(insert, path);
  const dispose = () => rm(path, { force: true });
  try {
    await body.writeTo(path, insert.dataStart);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    text: sql,
    async run({ engine, connection, signal, answer }) {
      const result = await queryUntilAborted(engine, connection, sql, fallbackFormat, signal);
      return async () => {
        answer.begin(fallbackFormat, result, true);
        await answer.end();
      };
    },
    dispose,
  };
}

function fromFile(insert: DataInsert | InputInsert, path: string): string {
  const { format } = insert;
  if (insert.kind === 'data-insert') {
    return `${insert.head} FROM INFILE ${quoteString(path)}${insert.settings} FORMAT ${format}`;
  }
  if (insert.structure === '') throw notImplemented('input() without a structure is not supported');
  return `${insert.before}file(${quoteString(path)}, ${quoteString(format)}, ${insert.structure})${insert.after}`;
}
