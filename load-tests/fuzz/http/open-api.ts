import { z } from 'zod';
import { brokenReferences } from './references.ts';

/** A JSON schema as it stands in an OpenAPI document. */
export type JsonSchema = z.infer<typeof jsonSchema>;

const jsonSchema = z.record(z.string(), z.unknown());
const parameterSchema = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header', 'cookie']),
  schema: jsonSchema.default({}),
});
const contentSchema = z.record(z.string(), z.object({ schema: jsonSchema.default({}) }));
const operationSchema = z.object({
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.object({ content: contentSchema.default({}) })),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), jsonSchema).default({}) }).default({ schemas: {} }),
});

/** Something that a service does for those who ask by HTTP. */
export interface Operation extends z.infer<typeof operationSchema> {
  readonly service: string;
  readonly url: string;
  readonly method: string;
  readonly path: string;
  /** The schemas that others refer to by name. */
  readonly named: Readonly<Record<string, JsonSchema>>;
}

/** Everything that a service describes of itself. @throws Error when a reference of the document leads nowhere */
export async function readOperations(service: string, url: string): Promise<readonly Operation[]> {
  const response = await fetch(`${url}/openapi.json`);
  const document: unknown = await response.json();
  const broken = brokenReferences(document);
  if (broken.length > 0) throw new Error(`the document of ${service} has no ${broken.join(', ')}`);
  const { paths, components } = documentSchema.parse(document);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      service,
      url,
      method: method.toUpperCase(),
      path,
      named: components.schemas,
    })),
  );
}
