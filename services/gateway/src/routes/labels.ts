import type { FastifyInstance } from 'fastify';
import { type LabelObserved, topics } from '@millrace/events';
import { systemClock } from '@millrace/kernel';
import type { Gateway } from '../gateway.ts';
import { requestSource } from '../request-source.ts';
import { eventRecords } from '../rows/event-rows.ts';
import { labelRows, labelSchema } from '../rows/label-rows.ts';
import { handleWrite, writeRouteOptions } from './write-route.ts';

const FORMATS = ['json', 'ndjson'] as const;

/** `POST /v1/labels` */
export function labelRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { codec, config } = gateway;
  const topic = topics.labels.name;
  const description = 'Writes labels: the truth about what was predicted.';
  app.post('/v1/labels', writeRouteOptions(labelSchema, FORMATS, description), (request, reply) =>
    handleWrite(gateway, request, reply, FORMATS, async () => {
      const source = requestSource(request.headers, config.gatewayDefaultProducer);
      const toRecord = await eventRecords<LabelObserved>(topic, 'LabelObserved', codec);
      const latest = systemClock.now() + config.maxAhead;
      return {
        topic,
        source,
        timed: false,
        encode: labelRows(toRecord, { source, latest, maxRowBytes: config.gatewayMaxRowBytes }),
      };
    }),
  );
}
