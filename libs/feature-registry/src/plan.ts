import { featureRowSchema } from './avro.ts';
import { definitionHash } from './canonical.ts';
import type { Catalog } from './catalog.ts';
import {
  type DefinitionProblem,
  entityChangeProblems,
  revivedFeatureProblems,
  serviceChangeProblems,
  viewChangeProblems,
} from './compatibility.ts';
import { consistencyProblems } from './consistency.ts';
import type { Definition, DefinitionKind } from './definition.ts';
import { DefinitionIndex } from './definition-index.ts';
import { describeChanges, describeCreation } from './describe-changes.ts';

/** What applying one definition would do. */
export interface PlannedDefinition {
  readonly definition: Definition;
  readonly hash: string;
  readonly action: 'create' | 'change' | 'unchanged' | 'refuse';
  /** In sentences for people. */
  readonly changes: readonly string[];
  /** Why it is refused. */
  readonly problems: readonly DefinitionProblem[];
}

/** What a plan is made from beside the definitions that are wanted. */
export interface PlanContext {
  readonly catalog: Catalog;
  /** The registered model versions that read a feature service, as they are named to people. */
  readonly modelsReading: (service: string) => readonly string[];
}

const order: readonly DefinitionKind[] = ['entity', 'feature-view', 'feature-service'];

/**
 * Plans definitions against those that are registered, in the order in which they can be applied: entities,
 * feature views, feature services. They may refer to one another. Pure; what the schema registry may object to
 * beyond these rules shows when the plan is applied.
 */
export function planDefinitions(
  wanted: readonly Definition[],
  context: PlanContext,
): readonly PlannedDefinition[] {
  const registered = new DefinitionIndex(context.catalog.all().map(({ definition }) => definition));
  const resulting = registered.with(wanted);
  const seen = new Set<string>();
  return order.flatMap((kind) =>
    wanted
      .filter((definition) => definition.kind === kind)
      .map((definition) => {
        const key = `${kind} ${definition.name}`;
        const twice: readonly DefinitionProblem[] = seen.has(key)
          ? [{ path: 'name', code: 'DEFINITION_INVALID', message: `${kind} ${definition.name} stands twice` }]
          : [];
        seen.add(key);
        return planOne(definition, context, registered, resulting, twice);
      }),
  );
}

function planOne(
  definition: Definition,
  context: PlanContext,
  registered: DefinitionIndex,
  resulting: DefinitionIndex,
  found: readonly DefinitionProblem[],
): PlannedDefinition {
  const hash = definitionHash(definition);
  const before = registeredAs(definition, registered);
  const unchanged = context.catalog.hashOf(definition.kind, definition.name) === hash;
  const problems = [
    ...found,
    ...consistencyProblems(definition, resulting),
    ...(before === undefined || unchanged ? [] : changeProblems(before, definition, context, registered)),
  ];
  const changes =
    before === undefined
      ? describeCreation(definition)
      : unchanged
        ? []
        : describeChanges(before, definition);
  const action =
    problems.length > 0 ? 'refuse' : unchanged ? 'unchanged' : before === undefined ? 'create' : 'change';
  return { definition, hash, action, changes, problems };
}

function registeredAs({ kind, name }: Definition, index: DefinitionIndex): Definition | undefined {
  if (kind === 'entity') return index.entity(name);
  return kind === 'feature-view' ? index.view(name) : index.service(name);
}

function changeProblems(
  before: Definition,
  after: Definition,
  { catalog, modelsReading }: PlanContext,
  registered: DefinitionIndex,
): readonly DefinitionProblem[] {
  if (before.kind === 'entity' && after.kind === 'entity') return entityChangeProblems(before, after);
  if (before.kind === 'feature-view' && after.kind === 'feature-view') {
    const problems = viewChangeProblems(before, after, registered);
    const entity = registered.entity(after.entity);
    if (problems.length > 0 || entity === undefined) return problems;
    return revivedFeatureProblems(
      JSON.stringify(featureRowSchema(after, entity)),
      catalog.view(after.name).schemas,
    );
  }
  if (before.kind === 'feature-service' && after.kind === 'feature-service') {
    return serviceChangeProblems(before, after, modelsReading(after.name));
  }
  return [];
}
