import { z } from 'zod';
import { canonicalJson } from './canonical.ts';
import type { Entity, FeatureService, FeatureView } from './definition.ts';
import type { DefinitionIndex } from './definition-index.ts';
import { describeType } from './feature-type.ts';

/** A rule that a definition breaks, and the field that breaks it. */
export interface DefinitionProblem {
  /** The field, such as `features.mean_delay.type`. */
  readonly path: string;
  readonly code: 'DEFINITION_INCOMPATIBLE' | 'DEFINITION_INVALID' | 'DEFINITION_UNKNOWN';
  /** A whole sentence. */
  readonly message: string;
}

/** A problem with a change of what is registered. */
export function incompatible(path: string, message: string): DefinitionProblem {
  return { path, code: 'DEFINITION_INCOMPATIBLE', message };
}

/**
 * Whether an entity may change so. Its key columns are the record keys of every row of its views, which are kept
 * for ever: they never change.
 */
export function entityChangeProblems(before: Entity, after: Entity): readonly DefinitionProblem[] {
  const was = Object.keys(before.keys);
  const is = Object.keys(after.keys);
  const problems = was
    .filter((column) => after.keys[column] !== before.keys[column])
    .map((column) => {
      const type = after.keys[column];
      const what =
        type === undefined ? 'cannot be removed' : `is ${before.keys[column]} and cannot become ${type}`;
      return incompatible(`keys.${column}`, `key column ${column} ${what}; define another entity`);
    });
  const added = is
    .filter((column) => before.keys[column] === undefined)
    .map((column) =>
      incompatible(`keys.${column}`, `key column ${column} cannot be added; define another entity`),
    );
  if (problems.length + added.length > 0) return [...problems, ...added];
  if (was.join() === is.join()) return [];
  return [
    incompatible(
      'keys',
      `the order of the key columns is ${was.join(', ')} and cannot change; it is part of every record key`,
    ),
  ];
}

/**
 * Whether a feature view may change so. A name keeps its type for ever: readers decode old rows with new schemas.
 *
 * @param index the definitions that stand now.
 */
export function viewChangeProblems(
  before: FeatureView,
  after: FeatureView,
  index: DefinitionIndex,
): readonly DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  if (before.entity !== after.entity) {
    problems.push(
      incompatible(
        'entity',
        `the entity is ${before.entity} and cannot become ${after.entity}; define another view`,
      ),
    );
  }
  for (const [name, feature] of Object.entries(before.features)) {
    const type = after.features[name]?.type;
    if (type === undefined) {
      const readers = readersOf(index, before.name, name);
      if (readers.length > 0) {
        problems.push(
          incompatible(
            `features.${name}`,
            `feature ${name} cannot be removed: ${readers.join(', ')} ${readers.length === 1 ? 'reads' : 'read'} it`,
          ),
        );
      }
    } else if (canonicalJson(type) !== canonicalJson(feature.type)) {
      problems.push(
        incompatible(
          `features.${name}.type`,
          `feature ${name} is ${describeType(feature.type)} and cannot become ${describeType(type)}; give the new one another name`,
        ),
      );
    }
  }
  return problems;
}

function readersOf(index: DefinitionIndex, view: string, feature: string): readonly string[] {
  return index
    .services()
    .filter((service) =>
      service.views.some((member) => member.view === view && member.features.includes(feature)),
    )
    .map((service) => `feature service ${service.name}`);
}

const recordSchema = z.object({ fields: z.array(z.object({ name: z.string(), type: z.json() })) });
const optionalRecordSchema = z.tuple([z.literal('null'), recordSchema]);

/**
 * Features of a view whose Avro type differs from the one that rows were written with earlier, though the
 * feature was removed in between.
 */
export function revivedFeatureProblems(
  schema: string,
  earlier: ReadonlyMap<number, string>,
): readonly DefinitionProblem[] {
  const wanted = valueTypes(schema);
  const found = new Map<string, DefinitionProblem>();
  for (const [id, text] of earlier) {
    for (const [name, type] of valueTypes(text)) {
      const now = wanted.get(name);
      if (now === undefined || now === type) continue;
      found.set(
        name,
        incompatible(
          `features.${name}.type`,
          `feature ${name} had another type in schema ${id}, with which rows were written; give it another name`,
        ),
      );
    }
  }
  return [...found.values()];
}

function valueTypes(schema: string): ReadonlyMap<string, string> {
  const { fields } = recordSchema.parse(JSON.parse(schema));
  const values = optionalRecordSchema.safeParse(fields.find(({ name }) => name === 'values')?.type);
  return new Map((values.data?.[1].fields ?? []).map(({ name, type }) => [name, canonicalJson(type)]));
}

/**
 * Whether a feature service may change so. It is the frozen list of features of the model versions that read it.
 *
 * @param readers the model versions that were registered with it, as they are named to people.
 */
export function serviceChangeProblems(
  before: FeatureService,
  after: FeatureService,
  readers: readonly string[],
): readonly DefinitionProblem[] {
  if (readers.length === 0 || canonicalJson(before.views) === canonicalJson(after.views)) return [];
  return [
    incompatible(
      'views',
      `the features cannot change: ${readers.join(', ')} ${readers.length === 1 ? 'reads' : 'read'} ${before.name}; define another feature service`,
    ),
  ];
}
