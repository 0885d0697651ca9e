import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { queryUntilAborted } from '../engine/cancellable.ts';
import type { NativeResult } from '../engine/native.ts';
import { withClientQueryId } from '../sql/kill-query.ts';
import { quoteString } from '../sql/quote.ts';
import type { Statement } from '../sql/statement.ts';
import { fallbackFormat } from './formats.ts';
import type { Job, JobContext } from './job.ts';

/** A result whose query ends sooner is sent with its summary, and its error with its status. */
const headerDelayMilliseconds = 10;

/** Runs a statement without data; a SELECT's result is streamed, what else has one is short. */
export function statementJob(text: string, statement: Statement): Job {
  return {
    text,
    run(context) {
      const format = statement.format ?? context.defaultFormat ?? fallbackFormat;
      if (!statement.streams) return runAtOnce(context, statement, format);
      if (context.waitForEnd) return runThroughFile(context, statement, format);
      return runThroughPipe(context, statement, format);
    },
    async dispose() {},
  };
}

async function runAtOnce(context: JobContext, statement: Statement, format: string) {
  const { engine, connection, signal, answer } = context;
  const body = statement.keyword === 'KILL' ? withClientQueryId(statement.body) : statement.body;
  const text = statement.format === undefined ? body : `${body} FORMAT ${format}${statement.tail}`;
  const result = await queryUntilAborted(engine, connection, text, format, signal);
  return async () => {
    answer.begin(format, result).write(result.bytes);
    await answer.end();
  };
}

/** The result waits in a file, so that status and summary are final before the first byte goes out. */
async function runThroughFile(context: JobContext, statement: Statement, format: string) {
  const { engine, connection, signal, answer } = context;
  const path = join(engine.spoolDirectory, `${randomUUID()}.result`);
  const remove = () => rm(path, { force: true });
  try {
    const result = await queryUntilAborted(
      engine,
      connection,
      intoOutfile(statement, format, path),
      format,
      signal,
    );
    return async () => {
      try {
        await pipeline(createReadStream(path), answer.begin(format, result), { end: false });
        await answer.end();
      } finally {
        await remove();
      }
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Memory stays bounded: the engine waits while the pipe is full, and the pipe while the client does not read. */
async function runThroughPipe(context: JobContext, statement: Statement, format: string) {
  const { engine, connection, signal, answer } = context;
  const fifo = engine.fifos.lend();
  const query = queryUntilAborted(
    engine,
    connection,
    intoOutfile(statement, format, fifo.path),
    format,
    signal,
  );
  query.then(fifo.finish, (error: Error) => fifo.stream.destroy(error));
  try {
    const result = await endOrFirstBytes(query, fifo.stream);
    await pipeline(fifo.stream, answer.begin(format, result), { end: false });
    await query;
    return answer.end;
  } catch (error) {
    fifo.stream.destroy();
    // The query's own error says more than that of the stream which it broke off.
    await query;
    throw error;
  } finally {
    fifo.release();
  }
}

/** The result of a query that ends at once, undefined when its first bytes come before that. */
async function endOrFirstBytes(
  query: Promise<NativeResult>,
  stream: Readable,
): Promise<NativeResult | undefined> {
  const { promise: bytes, resolve } = Promise.withResolvers<void>();
  stream.once('readable', resolve);
  const started = bytes.then(() => delay(headerDelayMilliseconds, undefined));
  return Promise.race([query, started]);
}

function intoOutfile(statement: Statement, format: string, path: string): string {
  return `${statement.body}\nINTO OUTFILE ${quoteString(path)} APPEND FORMAT ${format}${statement.tail}`;
}
