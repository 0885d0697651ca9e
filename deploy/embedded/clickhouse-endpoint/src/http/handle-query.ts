import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClickHouseError, fromEngine } from '../clickhouse-error.ts';
import type { EndpointOptions } from '../config.ts';
import type { Admission } from '../engine/admission.ts';
import type { Engine } from '../engine/engine.ts';
import { enterScope } from '../engine/request-scope.ts';
import { type Answer, createAnswer } from './answer.ts';
import type { Job } from './job.ts';
import { isForm, readForm } from './form.ts';
import { quoteIdentifier } from '../sql/quote.ts';
import { prepare } from './prepare.ts';
import { openRequestBody } from './request-body.ts';
import { parseRequestOptions, type RequestOptions } from './request-options.ts';
import { chooseEncoding } from './response-encoding.ts';
import type { Sessions } from './sessions.ts';

export type QueryHandlerParts = {
  readonly engine: Engine;
  readonly sessions: Sessions;
  readonly admission: Admission;
  readonly options: EndpointOptions;
};

/** Answers one query request. Throws `ClickHouseError` while nothing has been sent. */
export async function handleQuery(
  parts: QueryHandlerParts,
  url: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () =>
    left.abort(new ClickHouseError(210, 'NETWORK_ERROR', 'The client has gone away')),
  );
  const form = isForm(request)
    ? await readForm(request, parts.options.maxStatementBytes)
    : new URLSearchParams();
  const options = parseRequestOptions(new URLSearchParams([...url, ...form]), request.headers);
  response.setHeader('X-ClickHouse-Query-Id', options.queryId);
  response.setHeader('X-ClickHouse-Timezone', parts.engine.timeZone);

  const prefix = options.query === '' ? '' : `${options.query}\n`;
  const job = await prepare(openRequestBody(request, Buffer.from(prefix)), {
    spoolDirectory: parts.engine.spoolDirectory,
    maxStatementBytes: parts.options.maxStatementBytes,
    readOnly: request.method !== 'POST',
  });
  const answer = createAnswer(response, {
    version: parts.engine.version,
    encoding: options.compressResponse
      ? chooseEncoding(request.headers['accept-encoding']?.toString())
      : undefined,
    sendProgress: options.sendProgress,
  });
  try {
    const leave = await parts.admission.enter(left.signal);
    try {
      const finish = await runInSession(parts, options, job, answer, left.signal);
      await finish();
    } finally {
      leave();
    }
  } catch (error) {
    answer.fail(fromEngine(error));
  } finally {
    await job.dispose();
  }
}

async function runInSession(
  parts: QueryHandlerParts,
  options: RequestOptions,
  job: Job,
  answer: Answer,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const lease = parts.sessions.lease(options.session);
  const { engine } = parts;
  const { connection, isShared } = lease;
  try {
    lease.checkParameters(job.text, options.parameters);
    const { database } = parts.options;
    if (isShared && lease.isNew) await connection.query(`USE ${quoteIdentifier(database)}`);
    const scope = isShared ? options : { ...options, database: options.database ?? database };
    const leaveScope = await enterScope(connection, scope, isShared);
    try {
      return await job.run({
        engine,
        connection,
        answer,
        defaultFormat: options.defaultFormat,
        waitForEnd: options.waitForEnd,
        signal,
      });
    } finally {
      await leaveScope();
    }
  } finally {
    lease.release();
  }
}
