import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MillraceError } from '@millrace/kernel';
import type { OnlineStoreReader, ReadServiceOptions } from '@millrace/online-store';
import type { OnlineMetrics } from './metrics.ts';
import { parseEntities, parseOnlineRequest } from './online-request.ts';
import type { ServiceCache } from './service-cache.ts';

/** What online reads need. */
export interface OnlineDependencies {
  readonly store: OnlineStoreReader;
  readonly services: ServiceCache;
  readonly schemas: NonNullable<ReadServiceOptions['schemas']>;
  readonly metrics: OnlineMetrics;
  readonly mostEntities: number;
  /** How long a read waits for `minPositions`, in milliseconds. */
  readonly waitMs: number;
}

const JSON_TYPE = 'application/json; charset=utf-8';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** For the OpenAPI document; requests are read and answers written by hand. */
const described = {
  body: z.object({
    service: z.string().optional().describe('A feature service; or:'),
    features: z.array(z.string()).optional().describe('Features, each view__feature.'),
    entities: z
      .array(z.record(z.string(), scalar))
      .describe('The key columns of each entity. A long beyond 2^53 is text; null matches nothing.'),
    at: z.string().optional().describe('ISO 8601 time with zone at which to read; without it now.'),
    minPositions: z
      .record(z.string(), z.record(z.string(), z.number()))
      .optional()
      .describe(
        'Offsets by topic and partition, as a write answered them: the read waits until the store has them.',
      ),
    withOrigin: z
      .boolean()
      .optional()
      .describe('Whether to tell event time and place in the log of each value.'),
  }),
  response: {
    200: z.object({
      service: z.string().nullable(),
      serviceHash: z
        .string()
        .describe('Covers the service and every view and entity in it; predictions carry it.'),
      at: z.string(),
      results: z.array(
        z.object({
          entity: z.record(z.string(), scalar),
          features: z.record(
            z.string(),
            z.object({
              value: z
                .union([scalar, z.array(scalar)])
                .describe('A long beyond 2^53 is text, a timestamp ISO 8601.'),
              status: z.enum(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE']),
              eventTime: z.string().optional(),
              origin: z.object({ topic: z.string(), partition: z.number(), offset: z.number() }).optional(),
            }),
          ),
        }),
      ),
    }),
  },
};

/** `POST /v1/online`. */
export function addOnlineRoutes(app: FastifyInstance, dependencies: OnlineDependencies): void {
  const { store, services, schemas, metrics, mostEntities, waitMs } = dependencies;
  app.route({
    method: 'POST',
    url: '/v1/online',
    schema: { ...described, tags: ['online'], summary: 'The newest features of entities.' },
    validatorCompiler: () => (value) => ({ value }),
    serializerCompiler: () => String,
    handler: async (request, reply) => {
      const begun = performance.now();
      const { wanted, entities, at, minPositions, withOrigin } = parseOnlineRequest(
        request.body,
        mostEntities,
      );
      const compiled = services.get(wanted);
      const keys = parseEntities(entities, compiled);
      if (minPositions !== undefined && !(await store.waitFor(minPositions, waitMs))) {
        throw new MillraceError(
          'POSITIONS_NOT_REACHED',
          `the online store had not reached minPositions after ${waitMs} ms`,
        );
      }
      const answer = await compiled.answer(keys, { store, schemas, at, withOrigin });
      metrics.entities.inc(keys.length);
      metrics.seconds.observe((performance.now() - begun) / 1000);
      return reply.header('content-type', JSON_TYPE).send(answer);
    },
  });
}
