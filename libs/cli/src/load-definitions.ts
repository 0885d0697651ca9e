import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFile } from 'node:fs/promises';
import { type Definition, definitionSchema } from '@millrace/feature-registry';
import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';

const defined = z.looseObject({ definition: definitionSchema });
const withEntity = z.looseObject({ entity: z.unknown() });
const withViews = z.looseObject({ views: z.array(z.looseObject({ view: z.unknown() })) });

/**
 * The definitions of a file: every exported definition of a TypeScript or JavaScript module, with the entities and
 * views that they are made of, or the definitions of a JSON file (`[…]`, `{ "definitions": […] }` or one).
 *
 * @throws MillraceError DEFINITION_INVALID when it cannot be read, has none, or has two of one name that differ.
 */
export async function loadDefinitions(file: string): Promise<readonly Definition[]> {
  const contents = extname(file) === '.json' ? await readJson(file) : await importModule(file);
  const found = new Map<string, Definition>();
  for (const definition of definitionsIn(contents)) {
    const key = `${definition.kind} ${definition.name}`;
    const known = found.get(key);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(definition)) {
      throw new MillraceError('DEFINITION_INVALID', `${file} has two of ${key}, and they differ`);
    }
    found.set(key, definition);
  }
  if (found.size === 0) throw new MillraceError('DEFINITION_INVALID', `${file} exports no definitions`);
  return [...found.values()];
}

async function importModule(file: string): Promise<unknown> {
  try {
    return Object.values(z.looseObject({}).parse({ ...(await import(pathToFileURL(resolve(file)).href)) }));
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError('DEFINITION_INVALID', `${file} cannot be loaded: ${describeError(cause)}`, {
      cause,
    });
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    const contents: unknown = JSON.parse(await readFile(file, 'utf8'));
    const list = z.object({ definitions: z.unknown() }).safeParse(contents);
    const definitions = list.success ? list.data.definitions : contents;
    return z.array(definitionSchema).parse(Array.isArray(definitions) ? definitions : [definitions]);
  } catch (cause) {
    const what = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause);
    throw new MillraceError('DEFINITION_INVALID', `${file} cannot be read: ${what}`, { cause });
  }
}

/** Whatever is exported: definitions, lists of them, and things of no interest. */
function* definitionsIn(value: unknown): Generator<Definition> {
  if (Array.isArray(value)) {
    for (const item of value) yield* definitionsIn(item);
    return;
  }
  const view = withEntity.safeParse(value);
  if (view.success) yield* definitionsIn(view.data.entity);
  const service = withViews.safeParse(value);
  for (const member of service.data?.views ?? []) yield* definitionsIn(member.view);
  const definition = defined.safeParse(value).data?.definition ?? definitionSchema.safeParse(value).data;
  if (definition !== undefined) yield definition;
}
