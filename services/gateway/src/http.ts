import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { MillraceError } from '@millrace/kernel';
import { createHttpApp, type Logger, withOpenApi } from '@millrace/telemetry';
import type { Gateway } from './gateway.ts';
import { featureRoutes } from './routes/features.ts';
import { labelRoutes } from './routes/labels.ts';
import { predictionRoutes } from './routes/predictions.ts';

const RETRY_AFTER_SECONDS = '1';

/** The gateway's HTTP app. */
export async function gatewayApp(
  gateway: Gateway,
  {
    logger,
    metrics,
    problems,
  }: {
    readonly logger: Logger;
    readonly metrics: Registry;
    readonly problems: () => Promise<readonly string[]>;
  },
): Promise<FastifyInstance> {
  const app = createHttpApp({ logger, metrics, problems });
  await withOpenApi(app, {
    title: 'Millrace gateway',
    description:
      'Takes features, predictions and labels, and writes them to the log. Answers once Kafka has them.',
  });
  // Handlers read bodies themselves, as they arrive.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.addHook('onError', async (_request, reply, error) => {
    if (error instanceof MillraceError && error.retry) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  });
  app.addHook('onResponse', async ({ routeOptions }, { statusCode }) => {
    gateway.metrics.requests.inc({ route: routeOptions.url ?? 'unknown', status: String(statusCode) });
  });
  drainUnreadBodies(app);
  featureRoutes(app, gateway);
  predictionRoutes(app, gateway);
  labelRoutes(app, gateway);
  return app;
}

/**
 * A request may be answered before its body was read to the end. The rest is let through, since a sender that is still
 * writing would not read the answer; a gateway that stops does not wait for it.
 */
function drainUnreadBodies(app: FastifyInstance): void {
  const draining = new Set<IncomingMessage>();
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.readableEnded || raw.destroyed) return;
    draining.add(raw);
    raw.once('close', () => draining.delete(raw));
    raw.resume();
  });
  app.addHook('preClose', async () => {
    for (const raw of draining) raw.destroy();
  });
}
