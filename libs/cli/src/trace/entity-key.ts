import type { KeyValue } from '@millrace/events';
import type { Entity } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';

/**
 * Reads an entity key such as `airport=SFO,terminal=2`, and finds the entity with these key columns.
 *
 * @param wanted the entity's name, where several have the same columns.
 * @throws MillraceError KEY_INVALID, DEFINITION_UNKNOWN
 */
export function parseEntityKey(
  text: string,
  entities: readonly Entity[],
  wanted: string | undefined,
): { readonly entity: Entity; readonly key: Readonly<Record<string, KeyValue>> } {
  const columns = new Map(
    text.split(',').map((part): [string, string] => {
      const at = part.indexOf('=');
      if (at < 1)
        throw new MillraceError(
          'KEY_INVALID',
          `${text} is neither an event id nor a key such as airport=SFO`,
        );
      return [part.slice(0, at).trim(), part.slice(at + 1)];
    }),
  );
  const names = [...columns.keys()].sort().join();
  const fitting = entities.filter(
    ({ name, keys }) =>
      (wanted === undefined || wanted === name) && Object.keys(keys).sort().join() === names,
  );
  const [entity] = fitting;
  if (entity === undefined)
    throw new MillraceError(
      'DEFINITION_UNKNOWN',
      `there is no entity ${wanted ?? ''} with the key columns ${names}`,
    );
  if (fitting.length > 1) {
    throw new MillraceError(
      'KEY_INVALID',
      `several entities have these columns: ${fitting.map(({ name }) => name).join(', ')}; name one with --entity`,
    );
  }
  const key = Object.entries(entity.keys).map(([column, type]): [string, KeyValue] => {
    const value = typedValue(columns.get(column) ?? '', type);
    if (value === undefined)
      throw new MillraceError('KEY_INVALID', `${column} of ${entity.name} must be ${type}`);
    return [column, value];
  });
  return { entity, key: Object.fromEntries(key) };
}

function typedValue(text: string, type: Entity['keys'][string]): KeyValue | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'int':
      return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
    case 'long':
      return /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
    default:
      return type satisfies never;
  }
}
