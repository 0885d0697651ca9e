import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { ClickHouseError, fromEngine } from './clickhouse-error.ts';
import { type EndpointOptions, endpointOptionsSchema } from './config.ts';
import { createAdmission } from './engine/admission.ts';
import { startEngine } from './engine/engine.ts';
import { authenticate } from './http/credentials.ts';
import { handleQuery, type QueryHandlerParts } from './http/handle-query.ts';
import { answerError } from './http/answer.ts';
import { createSessions } from './http/sessions.ts';
import { quoteIdentifier } from './sql/quote.ts';

export type ClickHouseEndpoint = {
  readonly url: string;
  readonly port: number;
};

/**
 * Starts the endpoint in this process. One process can have one, because the engine binds one data directory.
 *
 * Queries run on libuv's thread pool: set `UV_THREADPOOL_SIZE` in the environment to more than
 * `maxConcurrentQueries` before the process starts (`main.ts` does).
 */
export async function startClickHouseEndpoint(
  given: Partial<EndpointOptions> & Pick<EndpointOptions, 'dataDirectory'>,
): Promise<{ value: ClickHouseEndpoint; stop: () => Promise<void> }> {
  const options = endpointOptionsSchema.parse(given);
  const engine = await startEngine(options.dataDirectory, options.maxConcurrentQueries);
  const sessions = createSessions(engine);
  const admission = createAdmission(options.maxConcurrentQueries);
  const first = engine.open();
  await first.query(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(options.database)}`);
  await first.close();

  const parts: QueryHandlerParts = { engine, sessions, admission, options };
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    route(parts, request, response).catch((error) =>
      answerError(response, fromEngine(error), engine.version),
    );
  });
  server.keepAliveTimeout = 10_000;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;

  return {
    value: { port, url: `http://${options.host}:${port}` },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await admission.whenIdle();
      await closed;
      await sessions.stop();
      await engine.stop();
    },
  };
}

async function route(
  parts: QueryHandlerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('X-ClickHouse-Server-Display-Name', 'millrace');
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/ping' || url.pathname === '/replicas_status') return answerOk(response);
  if (url.pathname !== '/') {
    response
      .writeHead(404, { 'Content-Type': 'text/plain; charset=UTF-8' })
      .end(`There is no handle ${url.pathname}\n`);
    return;
  }
  if (request.method !== 'GET' && request.method !== 'POST' && request.method !== 'HEAD') {
    throw new ClickHouseError(48, 'NOT_IMPLEMENTED', `Method ${request.method} is not supported`);
  }
  if (request.method !== 'POST' && !url.searchParams.has('query')) return answerOk(response);
  authenticate(parts.options, request.headers, url.searchParams);
  await handleQuery(parts, url.searchParams, request, response);
}

function answerOk(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=UTF-8' }).end('Ok.\n');
}
