import swagger, { type SwaggerTransform } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';

/** Every error of every route, as a route may list it for a status. */
const problemSchema = z
  .looseObject({
    type: z.string().describe('urn:millrace:error: and the code.'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('A stable code of the error catalogue.'),
    detail: z.string().describe('What is wrong, for people.'),
  })
  .describe('What is wrong, in the words of RFC 9457.');

/** The media type of {@link problemSchema}. */
const PROBLEM = 'application/problem+json';

/** A status that a route answers with a problem. @param description when it does so */
export function problemAnswer(description: string) {
  return { description, content: { [PROBLEM]: { schema: problemSchema } } };
}

/** A body or an answer whose form depends on its media type. */
const byMediaType = z.object({
  content: z.record(z.string(), z.object({ schema: z.instanceof(z.ZodType) })),
});

/**
 * Describes a route: bodies may differ by media type, and whatever status is not named is a problem.
 * The document only: how a route checks and writes is its own affair.
 */
const describeRoute: SwaggerTransform = (document) => {
  if (document.schema?.hide === true) return jsonSchemaTransform(document);
  const { body, ...rest } = document.schema;
  const response = { default: problemAnswer('Anything that is wrong.'), ...answersOf(rest.response) };
  const bodies = byMediaType.safeParse(body).data?.content;
  const described = (schema: object) => jsonSchemaTransform({ ...document, schema }).schema;
  if (bodies === undefined) {
    const whole = body === undefined ? rest : { ...rest, body };
    return { schema: described({ ...whole, response }), url: document.url };
  }
  const content = Object.fromEntries(
    Object.entries(bodies).map(([type, { schema }]) => [type, { schema: described({ body: schema }).body }]),
  );
  return { schema: { ...described({ ...rest, response }), body: { content } }, url: document.url };
};

function answersOf(response: unknown): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).safeParse(response).data ?? {};
}

/**
 * Lets routes be described by zod schemas, and serves what they describe: `/openapi.json`, and a page at `/docs`.
 * Call it before the routes are added; await `app.ready()` or `listen` after.
 */
export async function withOpenApi(
  app: FastifyInstance,
  info: { readonly title: string; readonly description: string },
) {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { ...info, version: '0.1.0' } },
    transform: describeRoute,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app.withTypeProvider<ZodTypeProvider>();
}
