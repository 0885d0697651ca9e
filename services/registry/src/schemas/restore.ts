import type { EventLog, SchemaRegistry } from '@millrace/event-log';
import { compileAvro, subjectOf, topics, unframe } from '@millrace/events';
import type { Catalog } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';

const namedSchema = z.looseObject({ name: z.string(), namespace: z.string().optional() });

/**
 * Makes sure that the schema registry still knows the schema of the definitions themselves, before anything is
 * registered there: new schemas would take the ids of lost ones.
 *
 * @throws MillraceError SCHEMA_UNKNOWN when it does not: it has to be restored from its own backup first.
 */
export async function requireDefinitionsSchema(log: EventLog, schemas: SchemaRegistry): Promise<void> {
  const topic = topics.definitions.name;
  const [span] = await log.spans(topic);
  if (span === undefined || span.next === span.first) return;
  const record = await log.read({ topic, partition: span.partition, offset: span.first });
  const id = record?.value ? unframe(record.value)?.schemaId : undefined;
  if (id === undefined) return;
  const text = await schemas.schemaById(id);
  const schema = text === undefined ? undefined : namedSchema.safeParse(JSON.parse(text)).data;
  const fullName =
    schema === undefined ? 'unknown' : [schema.namespace, schema.name].filter(Boolean).join('.');
  if (fullName === 'millrace.DefinitionRegistered') return;
  throw new MillraceError(
    'SCHEMA_UNKNOWN',
    `the schema registry has lost its data: schema ${id}, with which definitions were written, is ${fullName} there. Restore its own backup; nothing was registered, so that no id of a lost schema is taken`,
    { details: { schemaId: id } },
  );
}

/**
 * Registers the schemas of feature views that the registry lost, in the order of their ids, from the definitions'
 * own events; rows in the log name these ids. A registry gives the next id to each, so the ids come out the same
 * where it lost its newest schemas only, as after an older backup.
 *
 * @returns the ids that were restored.
 * @throws MillraceError SCHEMA_UNKNOWN when an id comes out another, or stands for another schema now.
 */
export async function restoreSchemas(catalog: Catalog, schemas: SchemaRegistry): Promise<readonly number[]> {
  const restored: number[] = [];
  const known = catalog
    .views()
    .flatMap((view) =>
      [...view.schemas].map(([id, text]) => ({ id, text, view: view.definition.name, topic: view.topic })),
    );
  for (const { id, text, view, topic } of known.toSorted((a, b) => a.id - b.id)) {
    const registered = await schemas.schemaById(id);
    if (registered !== undefined) {
      if (sameSchema(registered, text)) continue;
      throw lost(id, view, 'the registry has another schema under this id now');
    }
    const given = await schemas.register(subjectOf(topic, 'FeatureWritten'), text);
    if (given !== id) throw lost(id, view, `it came out as ${given}`);
    restored.push(id);
  }
  return restored;
}

function sameSchema(a: string, b: string): boolean {
  const canonical = (text: string) => JSON.stringify(compileAvro(JSON.parse(text)).schema());
  return canonical(a) === canonical(b);
}

function lost(id: number, view: string, why: string): MillraceError {
  return new MillraceError(
    'SCHEMA_UNKNOWN',
    `schema ${id} of feature view ${view} was lost by the schema registry and cannot be restored with its id: ${why}. Restore the registry's own backup`,
    { details: { schemaId: id, view } },
  );
}
