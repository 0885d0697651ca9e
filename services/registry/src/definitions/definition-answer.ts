import { z } from 'zod';
import { subjectOf } from '@millrace/events';
import { type Catalog, type Definition, definitionSchema } from '@millrace/feature-registry';
import type { FollowedRegistrations } from './followed.ts';

/** A registered definition as it is answered. */
export const registeredSchema = z.object({
  kind: z.enum(['entity', 'feature-view', 'feature-service']),
  name: z.string(),
  hash: z.string().describe('SHA-256 of the definition.'),
  registrations: z.number().describe('How often it was registered: first, and with each change.'),
  definition: definitionSchema,
  topic: z.string().optional().describe('Feature views: the topic of its rows.'),
  epoch: z.number().optional().describe('Feature views: how often that topic was made anew.'),
  subject: z.string().optional().describe('Feature views: the subject in the schema registry.'),
  schemaId: z
    .number()
    .optional()
    .describe('Feature views: the id of the schema that rows are written with now.'),
  serviceHash: z
    .string()
    .optional()
    .describe(
      'Feature services: covers every view and entity in it; predictions and model versions carry it.',
    ),
});

/** One definition with what only it is asked for. */
export const describedSchema = registeredSchema.extend({
  schema: z.string().optional().describe('Feature views: the Avro schema of rows that are written now.'),
  schemaIds: z
    .array(z.number())
    .optional()
    .describe('Feature views: every schema that rows were ever written with.'),
  readBy: z.array(z.string()).describe('Feature services and model versions that read it.'),
});

/** A registered definition as it is answered in the list. */
export function registeredAnswer(
  definition: Definition,
  { catalog, registrations }: FollowedRegistrations,
): z.infer<typeof registeredSchema> {
  const { kind, name } = definition;
  return {
    kind,
    name,
    hash: catalog.hashOf(kind, name) ?? '',
    registrations: registrations(kind, name),
    definition,
    ...(kind === 'feature-view' ? viewAnswer(name, catalog) : {}),
    ...(kind === 'feature-service' ? { serviceHash: catalog.service(name).hash } : {}),
  };
}

/** A registered definition with everything that is known about it. */
export function describedAnswer(
  definition: Definition,
  followed: FollowedRegistrations,
  modelsReading: (service: string) => readonly string[],
): z.infer<typeof describedSchema> {
  const answer = registeredAnswer(definition, followed);
  const { catalog } = followed;
  switch (definition.kind) {
    case 'entity':
      return { ...answer, readBy: readersOfEntity(definition.name, catalog) };
    case 'feature-view': {
      const view = catalog.view(definition.name);
      const readBy = servicesReading(definition.name, catalog);
      return { ...answer, schema: view.schema, schemaIds: [...view.schemas.keys()], readBy };
    }
    case 'feature-service':
      return { ...answer, readBy: [...modelsReading(definition.name)] };
    default:
      return definition satisfies never;
  }
}

function viewAnswer(name: string, catalog: Catalog) {
  const { topic, epoch, schemaId } = catalog.view(name);
  return { topic, epoch, schemaId, subject: subjectOf(topic, '') };
}

function readersOfEntity(entity: string, catalog: Catalog): string[] {
  return catalog
    .views()
    .filter((view) => view.definition.entity === entity)
    .map((view) => `feature view ${view.definition.name}`);
}

function servicesReading(view: string, catalog: Catalog): string[] {
  return catalog.all().flatMap(({ definition }) => {
    if (definition.kind !== 'feature-service') return [];
    return definition.views.some((member) => member.view === view)
      ? [`feature service ${definition.name}`]
      : [];
  });
}
