import type { FastifyInstance } from 'fastify';
import { type PredictionMade, topics } from '@millrace/events';
import type { Catalog, FeatureType } from '@millrace/feature-registry';
import { MillraceError, systemClock } from '@millrace/kernel';
import type { Gateway } from '../gateway.ts';
import { requestSource } from '../request-source.ts';
import { eventRecords } from '../rows/event-rows.ts';
import { predictionRows, predictionSchema } from '../rows/prediction-rows.ts';
import type { WriteAnswer } from '../rows/tally.ts';
import { handleWrite, writeRouteOptions } from './write-route.ts';

const FORMATS = ['json', 'ndjson'] as const;

/** `POST /v1/predictions` */
export function predictionRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { codec, config, definitions } = gateway;
  const topic = topics.predictions.name;
  const description = 'Writes predictions, with what the model was given.';
  app.post('/v1/predictions', writeRouteOptions(predictionSchema, FORMATS, description), (request, reply) =>
    handleWrite(gateway, request, reply, FORMATS, async () => {
      const source = requestSource(request.headers, config.gatewayDefaultProducer);
      const toRecord = await eventRecords<PredictionMade>(topic, 'PredictionMade', codec);
      const latest = systemClock.now() + config.maxAhead;
      const ids: (string | null)[] = [];
      const encode = predictionRows(
        toRecord,
        { source, latest, maxRowBytes: config.gatewayMaxRowBytes },
        serviceTypesOf(definitions.catalog),
        (index, predictionId) => void (ids[index] = predictionId),
      );
      return { topic, encode, source, timed: false, extend: (answer) => withIds(answer, ids) };
    }),
  );
}

function withIds(answer: WriteAnswer, ids: readonly (string | null)[]): WriteAnswer {
  const rows = answer.accepted + answer.rejectedRows;
  return {
    ...answer,
    predictionIds: Array.from({ length: answer.accepted === 0 ? 0 : rows }, (_, index) => ids[index] ?? null),
  };
}

/** Types by service, resolved once for a request. */
function serviceTypesOf(catalog: Catalog): (service: string) => ReadonlyMap<string, FeatureType> | undefined {
  const resolved = new Map<string, ReadonlyMap<string, FeatureType> | undefined>();
  return (service) => {
    if (!resolved.has(service)) resolved.set(service, typesOf(catalog, service));
    return resolved.get(service);
  };
}

function typesOf(catalog: Catalog, service: string): ReadonlyMap<string, FeatureType> | undefined {
  try {
    const { views } = catalog.service(service);
    return new Map(
      views.flatMap(({ features }) => features.map(({ name, type }): [string, FeatureType] => [name, type])),
    );
  } catch (error) {
    // A prediction is a fact: it is kept even when the service that it names is not known here.
    if (error instanceof MillraceError && error.code === 'DEFINITION_UNKNOWN') return undefined;
    throw error;
  }
}
