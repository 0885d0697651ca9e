import type {} from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Registry } from 'prom-client';
import { describeError, MillraceError, type Running } from '@millrace/kernel';
import { answerNoHttp, answerUnreadableAddress } from './broken-requests.ts';
import { type AskProblems, healthOf } from './health.ts';
import type { Logger } from './logger.ts';
import { problemOf, statusOf } from './problem.ts';

/** What a service's HTTP app is made of. */
export interface HttpOptions {
  readonly logger: Logger;
  readonly metrics: Registry;
  /** What keeps the service from doing its work right now, in words; none when it is ready. */
  readonly problems: AskProblems;
  readonly fastify?: FastifyServerOptions;
}

/**
 * A fastify app with `/health/live`, `/health/ready`, `/metrics`, and errors as `application/problem+json`.
 * Requests are not logged one by one: metrics count them.
 */
export function createHttpApp({ logger, metrics, problems, fastify }: HttpOptions): FastifyInstance {
  const app = Fastify({
    forceCloseConnections: 'idle',
    frameworkErrors: answerUnreadableAddress,
    clientErrorHandler: answerNoHttp,
    ...fastify,
  });
  const health = healthOf(problems, metrics);
  app.get('/health/live', { schema: { hide: true } }, () => ({ status: 'live' }));
  app.get('/health/ready', { schema: { hide: true } }, async (_request, reply) => {
    const found = await health();
    return reply
      .status(found.length === 0 ? 200 : 503)
      .send({ status: found.length === 0 ? 'ready' : 'not ready', problems: found });
  });
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .type('application/problem+json')
      .send(
        problemOf(new MillraceError('REQUEST_INVALID', `there is no ${request.method} ${request.url}`), 404),
      ),
  );
  app.setErrorHandler((thrown, _request, reply) => {
    const error = asMillraceError(thrown);
    const status = httpStatusOf(thrown) ?? statusOf(error);
    if (status >= 500) logger.error({ err: thrown, code: error.code }, error.message);
    return reply.status(status).type('application/problem+json').send(problemOf(error, status));
  });
  return app;
}

/** Listens; stopping lets requests under way finish. */
export async function listen(
  app: FastifyInstance,
  options: { readonly host: string; readonly port: number },
): Promise<Running<{ readonly port: number }>> {
  await app.listen(options);
  const [address] = app.addresses();
  const port = typeof address === 'object' ? address.port : options.port;
  return { value: { port }, stop: () => app.close() };
}

function asMillraceError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  const status = httpStatusOf(thrown);
  if (status !== undefined && status < 500)
    return new MillraceError('REQUEST_INVALID', describeError(thrown));
  return new MillraceError('INTERNAL', 'something went wrong in Millrace; the log has the details', {
    cause: thrown,
  });
}

/** fastify's own errors (a body that is no JSON, too large, …) carry their status. */
function httpStatusOf(thrown: unknown): number | undefined {
  if (thrown instanceof MillraceError || typeof thrown !== 'object' || thrown === null) return undefined;
  return 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined;
}
