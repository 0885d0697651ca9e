import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { definitionSchema } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { applyDefinitions, type DefinitionsDependencies, planNow } from './apply.ts';
import { describedAnswer, describedSchema, registeredAnswer, registeredSchema } from './definition-answer.ts';
import { planAnswer, plannedSchema } from './plan-answer.ts';

const wantedSchema = z.object({
  definitions: z
    .array(definitionSchema)
    .min(1)
    .describe('Entities, feature views and feature services, in any order.'),
});
const kindSchema = z.enum(['entity', 'feature-view', 'feature-service']);
const tags = ['definitions'];

/** What the routes need; each request brings its own envelope. */
export interface DefinitionRoutesDependencies extends Omit<DefinitionsDependencies, 'envelope'> {
  readonly envelopeFor: (request: FastifyRequest) => DefinitionsDependencies['envelope'];
}

/** `/v1/definitions`. */
export function addDefinitionRoutes(
  plain: FastifyInstance,
  dependencies: DefinitionRoutesDependencies,
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { followed, modelsReading } = dependencies;

  app.put(
    '/v1/definitions',
    {
      schema: {
        tags,
        summary: 'Make definitions so, all or none.',
        description:
          'What is registered already and unchanged writes nothing. A change that would break data or readers is refused with 409 and the whole plan.',
        body: wantedSchema,
        response: { 200: z.object({ revision: z.string(), definitions: z.array(plannedSchema) }) },
      },
    },
    (request) => {
      const envelope = dependencies.envelopeFor(request);
      return applyDefinitions(request.body.definitions, { ...dependencies, envelope }).then((plan) => ({
        revision: String(followed.catalog.revision),
        definitions: planAnswer(plan),
      }));
    },
  );

  app.post(
    '/v1/definitions/plan',
    {
      schema: {
        tags,
        summary: 'What applying definitions would do.',
        body: wantedSchema,
        response: { 200: z.object({ definitions: z.array(plannedSchema) }) },
      },
    },
    (request) =>
      planNow(request.body.definitions, dependencies).then((plan) => ({ definitions: planAnswer(plan) })),
  );

  app.get(
    '/v1/definitions',
    {
      schema: {
        tags,
        summary: 'All definitions.',
        querystring: z.object({ kind: kindSchema.optional() }),
        response: { 200: z.object({ revision: z.string(), definitions: z.array(registeredSchema) }) },
      },
    },
    (request) => ({
      revision: String(followed.catalog.revision),
      definitions: followed.catalog
        .all()
        .filter(
          ({ definition }) => request.query.kind === undefined || definition.kind === request.query.kind,
        )
        .map(({ definition }) => registeredAnswer(definition, followed)),
    }),
  );

  app.get(
    '/v1/definitions/:kind/:name',
    {
      schema: {
        tags,
        summary: 'One definition, with its schema and its readers.',
        params: z.object({ kind: kindSchema, name: z.string() }),
        response: { 200: describedSchema },
      },
    },
    (request) => {
      const { kind, name } = request.params;
      const found = followed.catalog
        .all()
        .find(({ definition }) => definition.kind === kind && definition.name === name);
      if (found === undefined)
        throw new MillraceError('DEFINITION_UNKNOWN', `there is no ${kind} named ${name}`);
      return describedAnswer(found.definition, followed, modelsReading);
    },
  );
}
