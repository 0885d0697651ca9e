import type { FastifyInstance } from 'fastify';
import { systemClock } from '@millrace/kernel';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { requestSource } from '../request-source.ts';
import { featureRows } from '../rows/feature-rows.ts';
import { handleWrite, writeRouteOptions } from './write-route.ts';

const paramsSchema = z.object({ view: z.string().describe('The feature view.') });

const rowSchema = z
  .looseObject({
    eventTime: z.string().describe('When it was true in the world: ISO 8601 with a zone.'),
    eventId: z.uuid().optional().describe('Names the event; of several with one id only the first counts.'),
    deleted: z.boolean().optional().describe('The entity has no row any more; then there are no features.'),
  })
  .describe(
    'A flat row: the columns of the entity key, the event time, and the features; one left out is null.',
  );

const FORMATS = ['json', 'ndjson', 'arrow'] as const;

/** `POST /v1/features/{view}` */
export function featureRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { findView, encoders, config } = gateway;
  const options = writeRouteOptions(rowSchema, FORMATS, 'Writes rows of a feature view.');
  app.post(
    '/v1/features/:view',
    { ...options, schema: { ...options.schema, params: paramsSchema } },
    (request, reply) =>
      handleWrite(gateway, request, reply, FORMATS, async () => {
        const view = await findView(paramsSchema.parse(request.params).view);
        const source = requestSource(request.headers, config.gatewayDefaultProducer);
        const latest = systemClock.now() + config.maxAhead;
        const rows = featureRows(view, encoders.of(view), source, latest);
        return { topic: view.topic, source, timed: true, ...rows };
      }),
  );
}
