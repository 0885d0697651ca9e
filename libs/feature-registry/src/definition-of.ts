import type { DefinitionRegistered } from '@millrace/events';
import { describeError, MillraceError } from '@millrace/kernel';
import { type Definition, definitionSchema } from './definition.ts';

/**
 * The definition that an event registers.
 *
 * @throws MillraceError DEFINITION_INVALID for an event that nobody can take in.
 */
export function definitionOf(event: DefinitionRegistered): Definition {
  const definition = parse(event);
  if (definition.kind === 'feature-view' && (event.schemaId === null || event.schema === null)) {
    throw new MillraceError(
      'DEFINITION_INVALID',
      `feature view ${definition.name} was registered without a schema`,
    );
  }
  return definition;
}

function parse({ definition, kind, name }: DefinitionRegistered): Definition {
  try {
    return definitionSchema.parse(JSON.parse(definition));
  } catch (cause) {
    throw new MillraceError(
      'DEFINITION_INVALID',
      `the definition of ${kind} ${name} cannot be read: ${describeError(cause)}`,
      { cause },
    );
  }
}
