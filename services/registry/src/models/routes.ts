import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Envelope } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import type { ModelCommand } from '@millrace/model-lifecycle';
import type { FollowedRegistrations } from '../definitions/followed.ts';
import { handleModelCommand, type ModelsDependencies } from './handle.ts';
import { modelAnswer, modelSchema, modelSummary, modelSummarySchema } from './model-answer.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be letters, digits, dots, dashes and underscores');
const params = z.object({ model: name });
const reason = z.string().nullable().default(null).describe('Why, for people.');
const alias = name.default('champion').describe('champion, challenger or another.');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower case hex');
const answers = { 200: modelSchema, 201: modelSchema };
const tags = ['models'];

const versionBody = z.object({
  version: name,
  featureService: z
    .string()
    .describe('The feature service that it reads; its features are frozen from now on.'),
  artifactUri: z.string().min(1).describe('Where the model file is.'),
  artifactHash: sha256.describe('SHA-256 of the model file, in hex.'),
  snapshotId: z.string().nullable().default(null).describe('The training snapshot.'),
  snapshotHash: z.string().nullable().default(null).describe('The content hash of that snapshot.'),
  metrics: z.record(z.string(), z.number()).default({}).describe('What was measured in training.'),
  tags: z.record(z.string(), z.string()).default({}),
});

/** What the routes need. */
export interface ModelRoutesDependencies extends ModelsDependencies {
  readonly followed: FollowedRegistrations;
  readonly envelopeFor: (request: FastifyRequest) => () => Envelope;
}

/** `/v1/models`. A command that changes something answers 201, one that was carried out before 200. */
export function addModelRoutes(plain: FastifyInstance, dependencies: ModelRoutesDependencies): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { models, followed, envelopeFor } = dependencies;

  async function answer(command: ModelCommand, reply: FastifyReply) {
    const handled = await handleModelCommand(command, dependencies);
    void reply.status(handled.changed ? 201 : 200);
    return modelAnswer(command.model, handled);
  }

  app.post(
    '/v1/models/:model/versions',
    {
      schema: {
        tags,
        summary: 'Register a trained model version.',
        params,
        body: versionBody,
        response: answers,
      },
    },
    async (request, reply) => {
      await followed.caughtUp();
      const featureServiceHash = followed.catalog.service(request.body.featureService).hash;
      const envelope = envelopeFor(request)();
      const { model } = request.params;
      return answer(
        { ...request.body, type: 'RegisterModelVersion', envelope, model, featureServiceHash },
        reply,
      );
    },
  );

  app.post(
    '/v1/models/:model/releases',
    {
      schema: {
        tags,
        summary: 'Put a version behind an alias.',
        params,
        body: z.object({ version: name, alias, reason }),
        response: answers,
      },
    },
    async (request, reply) => {
      const envelope = envelopeFor(request)();
      return answer({ ...request.body, type: 'ReleaseModel', envelope, model: request.params.model }, reply);
    },
  );

  app.post(
    '/v1/models/:model/rollback',
    {
      schema: {
        tags,
        summary: 'Take an alias back to the version that had it before.',
        params,
        body: z.object({
          alias,
          fromVersion: name
            .nullable()
            .default(null)
            .describe(
              'The version that is to lose the alias; name it, so that sending the request twice is harmless.',
            ),
          reason,
        }),
        response: answers,
      },
    },
    async (request, reply) => {
      const envelope = envelopeFor(request)();
      return answer({ ...request.body, type: 'RollBackModel', envelope, model: request.params.model }, reply);
    },
  );

  app.get(
    '/v1/models',
    {
      schema: {
        tags,
        summary: 'All models.',
        response: { 200: z.object({ models: z.array(modelSummarySchema) }) },
      },
    },
    () => ({ models: models.names().map((model) => modelSummary(model, models.model(model))) }),
  );

  app.get(
    '/v1/models/:model',
    {
      schema: {
        tags,
        summary: 'One model: versions, aliases and history.',
        params,
        response: { 200: modelSchema },
      },
    },
    (request) => {
      const { model } = request.params;
      const followed = models.model(model);
      if (followed.history.length === 0)
        throw new MillraceError('MODEL_UNKNOWN', `there is no model named ${model}`);
      return modelAnswer(model, followed);
    },
  );
}
