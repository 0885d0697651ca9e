import type { DefinitionProblem } from './compatibility.ts';
import type { Definition, FeatureService, FeatureView, ServiceView } from './definition.ts';
import type { DefinitionIndex } from './definition-index.ts';

/** What is wrong with a definition among the others that it would stand with. */
export function consistencyProblems(
  definition: Definition,
  index: DefinitionIndex,
): readonly DefinitionProblem[] {
  switch (definition.kind) {
    case 'entity':
      return [];
    case 'feature-view':
      return viewProblems(definition, index);
    case 'feature-service':
      return serviceProblems(definition, index);
    default:
      return definition satisfies never;
  }
}

function unknown(path: string, message: string): DefinitionProblem {
  return { path, code: 'DEFINITION_UNKNOWN', message };
}

function invalid(path: string, message: string): DefinitionProblem {
  return { path, code: 'DEFINITION_INVALID', message };
}

function viewProblems(view: FeatureView, index: DefinitionIndex): readonly DefinitionProblem[] {
  const entity = index.entity(view.entity);
  const problems: DefinitionProblem[] = [];
  if (/_raw(_g\d+)?$/.test(view.name)) {
    problems.push(
      invalid('name', 'must not end in _raw or _raw_g1, which name the raw tables of the offline store'),
    );
  }
  if (entity === undefined)
    return [...problems, unknown('entity', `there is no entity named ${view.entity}`)];
  const clashes = Object.keys(view.features).filter((feature) => entity.keys[feature] !== undefined);
  return [
    ...problems,
    ...clashes.map((name) =>
      invalid(`features.${name}`, `${name} is a key column of ${entity.name}; a row holds both side by side`),
    ),
  ];
}

function serviceProblems(service: FeatureService, index: DefinitionIndex): readonly DefinitionProblem[] {
  const columns = new Map<string, { readonly type: string; readonly view: string }>();
  return service.views.flatMap((member, at) => memberProblems(member, `views.${at}`, index, columns));
}

function memberProblems(
  member: ServiceView,
  path: string,
  index: DefinitionIndex,
  columns: Map<string, { readonly type: string; readonly view: string }>,
): readonly DefinitionProblem[] {
  const view = index.view(member.view);
  if (view === undefined) return [unknown(`${path}.view`, `there is no feature view named ${member.view}`)];
  const problems = member.features.flatMap((feature, at) => {
    if (view.features[feature] === undefined) {
      return [unknown(`${path}.features.${at}`, `feature view ${view.name} has no feature ${feature}`)];
    }
    if (member.features.indexOf(feature) < at)
      return [invalid(`${path}.features.${at}`, `${feature} stands twice`)];
    return [];
  });
  const keys = index.entity(view.entity)?.keys ?? {};
  for (const key of Object.keys(member.keys ?? {})) {
    if (keys[key] === undefined)
      problems.push(unknown(`${path}.keys.${key}`, `${key} is no key column of ${view.entity}`));
  }
  for (const [key, type] of Object.entries(keys)) {
    const column = member.keys?.[key] ?? key;
    const taken = columns.get(column);
    if (taken !== undefined && taken.type !== type) {
      problems.push(
        invalid(
          `${path}.keys.${key}`,
          `column ${column} is ${taken.type} for ${taken.view} and ${type} for ${view.name}; name one of them otherwise`,
        ),
      );
    }
    columns.set(column, taken ?? { type, view: view.name });
  }
  return problems;
}
