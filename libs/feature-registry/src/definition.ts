import { z } from 'zod';
import { parseDuration } from '@millrace/kernel';
import { featureTypeSchema } from './feature-type.ts';

/** Names that every row has already, in JSON or as columns of the stores. */
export const reservedNames: ReadonlySet<string> = new Set([
  'as_of_key',
  'deleted',
  'envelope',
  'epoch',
  'event_id',
  'event_time',
  'key',
  'offset',
  'partition',
  'position',
  'recorded_at',
  'schema_id',
  'topic',
  'values',
]);

const name = z
  .string()
  .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, 'must be lower snake case without double underscores')
  .max(100);
const fieldName = name.refine((text) => !reservedNames.has(text), { error: 'is a reserved name' });

const duration = z.string().superRefine((text, context) => {
  const parsed = parseDuration(text);
  if (!parsed.ok) context.addIssue(parsed.error);
});

const about = {
  owner: z.string().min(1).describe('Who answers for it: a team or an address.'),
  description: z.string().default(''),
  tags: z.record(z.string(), z.string()).default({}),
};

/** What values of a feature are expected; the monitor watches it, nothing is refused for it. */
export const expectationsSchema = z.strictObject({
  min: z.number().optional().describe('Smallest value.'),
  max: z.number().optional().describe('Largest value.'),
  maxNullShare: z.number().min(0).max(1).optional().describe('Largest share of nulls in a window.'),
  allowed: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('The only values.'),
});

/** A feature of a view. */
export const featureSchema = z.strictObject({
  type: featureTypeSchema,
  description: z.string().default(''),
  expectations: expectationsSchema.optional(),
});

/** Something that features describe, with the columns that name one of it. */
export const entitySchema = z.strictObject({
  kind: z.literal('entity'),
  name,
  keys: z
    .record(fieldName, z.enum(['string', 'int', 'long', 'bool']))
    .refine((keys) => Object.keys(keys).length > 0, { error: 'must have a column' }),
  ...about,
});

/** A named group of features of one entity that are written together, one event a row. */
export const featureViewSchema = z.strictObject({
  kind: z.literal('feature-view'),
  name,
  entity: name,
  ttl: duration.nullable().describe('How old a row may be when it is read, such as 1d; null for any age.'),
  features: z
    .record(fieldName, featureSchema)
    .refine((features) => Object.keys(features).length > 0, { error: 'must have a feature' }),
  ...about,
});

/** Some features of one view in a feature service. */
export const serviceViewSchema = z.strictObject({
  view: name,
  as: name.optional().describe('Another name, so that one view can stand twice (origin, destination).'),
  features: z.array(name).min(1),
  keys: z
    .record(name, name)
    .optional()
    .describe('For key columns that the request names otherwise: key column to request column.'),
});

/** The frozen list of features that one model version reads. */
export const featureServiceSchema = z
  .strictObject({
    kind: z.literal('feature-service'),
    name,
    views: z.array(serviceViewSchema).min(1),
    ...about,
  })
  .superRefine((service, context) => {
    const seen = new Set<string>();
    service.views.forEach((view, index) => {
      const alias = view.as ?? view.view;
      if (seen.has(alias)) {
        context.addIssue({
          code: 'custom',
          path: ['views', index],
          message: `${alias} stands twice; give one another name with 'as'`,
        });
      }
      seen.add(alias);
    });
  });

/** Any definition. */
export const definitionSchema = z.discriminatedUnion('kind', [
  entitySchema,
  featureViewSchema,
  featureServiceSchema,
]);

export type Expectations = z.infer<typeof expectationsSchema>;
export type Feature = z.infer<typeof featureSchema>;
export type Entity = z.infer<typeof entitySchema>;
export type FeatureView = z.infer<typeof featureViewSchema>;
export type ServiceView = z.infer<typeof serviceViewSchema>;
export type FeatureService = z.infer<typeof featureServiceSchema>;
export type Definition = z.infer<typeof definitionSchema>;
export type DefinitionKind = Definition['kind'];
