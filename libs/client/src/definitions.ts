import type { DefinedEntity, DefinedService, DefinedView, Definition } from '@millrace/feature-registry';
import { z } from 'zod';
import type { Http } from './http.ts';

/** A definition as code, or as it stands in the log. */
export type AnyDefinition = DefinedEntity | DefinedView | DefinedService | Definition;

const plannedSchema = z.looseObject({
  kind: z.enum(['entity', 'feature-view', 'feature-service']),
  name: z.string(),
  action: z.enum(['create', 'change', 'unchanged', 'refuse']),
  changes: z.array(z.string()),
  problems: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
});
const planSchema = z.object({ definitions: z.array(plannedSchema) });
const listSchema = z.object({
  definitions: z.array(
    z.looseObject({
      kind: z.enum(['entity', 'feature-view', 'feature-service']),
      name: z.string(),
      hash: z.string(),
      definition: z.looseObject({ name: z.string() }),
    }),
  ),
});

/** What applying one definition does, in sentences, or why it is refused. */
export type PlannedDefinition = z.output<typeof plannedSchema>;
/** A definition that is registered. */
export type RegisteredDefinition = z.output<typeof listSchema>['definitions'][number];

/** The definitions that are registered. */
export interface Definitions {
  /**
   * Makes definitions so, all or none; what is unchanged stays. A view can be written to when this answers.
   *
   * @throws MillraceError DEFINITION_INCOMPATIBLE, DEFINITION_INVALID with the plan in `details.definitions`.
   */
  apply(definitions: readonly AnyDefinition[]): Promise<readonly PlannedDefinition[]>;
  /** What `apply` would do. */
  plan(definitions: readonly AnyDefinition[]): Promise<readonly PlannedDefinition[]>;
  list(): Promise<readonly RegisteredDefinition[]>;
}

const PATH = '/v1/definitions';

/** Definitions at a registry service. */
export function definitionsAt(registry: Http): Definitions {
  return {
    async apply(definitions) {
      const response = await registry({
        method: 'PUT',
        path: PATH,
        json: bodyOf(definitions),
        repeatable: true,
      });
      return planSchema.parse(await response.json()).definitions;
    },
    async plan(definitions) {
      const response = await registry({
        method: 'POST',
        path: `${PATH}/plan`,
        json: bodyOf(definitions),
        repeatable: true,
      });
      return planSchema.parse(await response.json()).definitions;
    },
    async list() {
      const response = await registry({ method: 'GET', path: PATH, repeatable: true });
      return listSchema.parse(await response.json()).definitions;
    },
  };
}

function bodyOf(definitions: readonly AnyDefinition[]) {
  return { definitions: definitions.map((one) => ('definition' in one ? one.definition : one)) };
}
