import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';

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
    openapi: { info: { ...info, version: '0.1.0' } },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  return app.withTypeProvider<ZodTypeProvider>();
}
