import {
  connectKafka,
  connectSchemaRegistry,
  EventCodec,
  type EventLog,
  type SchemaRegistry,
} from '@millrace/event-log';
import { topics } from '@millrace/events';
import { type Clock, type Running, startTogether, systemClock } from '@millrace/kernel';
import { createHttpApp, createMetrics, listen, type Logger, withOpenApi } from '@millrace/telemetry';
import type { FastifyRequest } from 'fastify';
import type { RegistryConfig } from './config.ts';
import { type FollowedRegistrations, followRegistrations } from './definitions/followed.ts';
import { addDefinitionRoutes } from './definitions/routes.ts';
import { type FollowedModels, followModels } from './models/followed.ts';
import { addModelRoutes } from './models/routes.ts';
import { envelopeOf } from './origin.ts';
import { registerEventSchemas } from './schemas/register-event-schemas.ts';
import { requireDefinitionsSchema, restoreSchemas } from './schemas/restore.ts';

/** How to start the registry. */
export interface RegistryOptions {
  readonly config: RegistryConfig;
  readonly logger: Logger;
  /** Called once when the service cannot go on. */
  readonly onFailure: (error: unknown) => void;
  readonly clock?: Clock;
}

/**
 * Starts the registry: makes the topics that are missing, follows definitions and models, restores schemas that the
 * schema registry lost, registers the schemas of all events, then listens.
 *
 * @returns the port that it listens on.
 */
export function startRegistry(options: RegistryOptions): Promise<Running<{ readonly port: number }>> {
  const { config, logger, onFailure, clock = systemClock } = options;
  return startTogether(async (starter) => {
    const log = await starter.start(() => connectKafka({ clientId: 'millrace-registry', config }));
    const schemas = connectSchemaRegistry(config);
    const codec = new EventCodec(schemas);
    await log.ensureTopics(Object.values(topics));
    await requireDefinitionsSchema(log, schemas);
    const followed = await starter.start(() => followRegistrations(log, codec, onFailure));
    const models = await starter.start(() => followModels(log, codec, onFailure));
    await Promise.all([followed.caughtUp(), models.caughtUp()]);
    const restored = await restoreSchemas(followed.catalog, schemas);
    if (restored.length > 0)
      logger.warn({ schemaIds: restored }, 'restored schemas that the schema registry had lost');
    await registerEventSchemas(codec);
    const app = await httpApp({ config, logger, clock, log, schemas, codec, followed, models });
    return starter.start(() => listen(app, { host: config.host, port: config.registryPort }));
  });
}

interface Parts {
  readonly config: RegistryConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly schemas: SchemaRegistry;
  readonly codec: EventCodec;
  readonly followed: FollowedRegistrations;
  readonly models: FollowedModels;
}

async function httpApp({ config, logger, clock, log, schemas, codec, followed, models }: Parts) {
  const app = createHttpApp({ logger, metrics: createMetrics('registry'), problems: () => [] });
  await withOpenApi(app, {
    title: 'Millrace registry',
    description:
      'Definitions of entities, feature views and feature services, and the models that read them.',
  });
  const attempts = config.registryAttempts;
  const envelopeFor = (request: FastifyRequest) => () => envelopeOf(clock, request.headers);
  const modelsReading = (service: string) =>
    models
      .names()
      .flatMap((name) =>
        [...models.model(name).state.versions.values()]
          .filter(({ featureService }) => featureService === service)
          .map(({ version }) => `version ${version} of model ${name}`),
      );
  addDefinitionRoutes(app, { log, codec, schemas, followed, modelsReading, envelopeFor, attempts });
  addModelRoutes(app, { log, codec, models, followed, envelopeFor, attempts });
  return app;
}
