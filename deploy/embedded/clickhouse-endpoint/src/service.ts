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
 * Queries run on libuv's thread pool, of which they get three quarters: with Node's 4 threads, 3 run at once. Set
 * `UV_THREADPOOL_SIZE` before the process starts for more (`main.ts` does it for its own).
 */
export async function startClickHouseEndpoint(
  given: Partial<EndpointOptions> & Pick<EndpointOptions, 'dataDirectory'>,
): Promise<{ value: ClickHouseEndpoint; stop: () => Promise<void> }> {
  const options = endpointOptionsSchema.parse(given);
  const places = Math.min(options.maxConcurrentQueries, placesInThreadPool());
  const engine = await startEngine(options.dataDirectory, places);
  const sessions = createSessions(engine);
  const admission = createAdmission(places);
  const parts: QueryHandlerParts = { engine, sessions, admission, options };
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    route(parts, request, response).catch((error) =>
      answerError(response, fromEngine(error), engine.version),
    );
  });
  // Shorter, and a client may use a connection just as it is closed.
  server.keepAliveTimeout = 10_000;

  try {
    const first = engine.open();
    await first.query(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(options.database)}`);
    await first.close();
    server.listen(options.port, options.host);
    await once(server, 'listening');
  } catch (error) {
    await engine.stop();
    throw error;
  }
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

/**
 * How many queries may hold a thread. A quarter stays free for compression, files and KILL, without which the
 * queries would not come to an end either.
 */
function placesInThreadPool(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return Math.max(1, Math.floor(threads * 0.75));
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
