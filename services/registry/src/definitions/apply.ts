import { randomUUID } from 'node:crypto';
import type { EventCodec, EventLog, RecordToAppend, SchemaRegistry } from '@millrace/event-log';
import { type DefinitionRegistered, type Envelope, featureTopic, subjectOf, topics } from '@millrace/events';
import {
  type Definition,
  definitionText,
  type Entity,
  featureRowSchema,
  type FeatureView,
  type PlannedDefinition,
  planDefinitions,
} from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import type { FollowedRegistrations } from './followed.ts';
import { refusalOf } from './plan-answer.ts';

/** What changing definitions needs. */
export interface DefinitionsDependencies {
  readonly log: EventLog;
  readonly codec: EventCodec;
  readonly schemas: SchemaRegistry;
  readonly followed: FollowedRegistrations;
  /** The registered model versions that read a feature service, as they are named to people. */
  readonly modelsReading: (service: string) => readonly string[];
  /** Makes the envelope of one event. */
  readonly envelope: () => Envelope;
  readonly attempts: number;
}

/** What applying definitions would do now. */
export async function planNow(
  wanted: readonly Definition[],
  { followed, modelsReading }: Pick<DefinitionsDependencies, 'followed' | 'modelsReading'>,
): Promise<readonly PlannedDefinition[]> {
  await followed.caughtUp();
  return planDefinitions(wanted, { catalog: followed.catalog, modelsReading });
}

/**
 * Makes definitions so, all of them or none, and answers what that was. For a feature view the topic and the
 * schema come first, so that nobody sees a view that cannot be written to; what is unchanged writes nothing.
 *
 * The change is decided from one revision of all definitions and appended as the next. It answers only after it
 * has read its own events back and they counted; when another instance's change came first, none of them
 * counts anywhere and it decides again.
 *
 * @throws MillraceError DEFINITION_INCOMPATIBLE or DEFINITION_INVALID with the plan, CONFLICT when others were
 *   first every time, LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE.
 */
export async function applyDefinitions(
  wanted: readonly Definition[],
  dependencies: DefinitionsDependencies,
): Promise<readonly PlannedDefinition[]> {
  const { log, followed } = dependencies;
  for (let attempt = 0; attempt < dependencies.attempts; attempt += 1) {
    const plan = await planNow(wanted, dependencies);
    const revision = followed.catalog.revision + 1n;
    const refusal = refusalOf(plan);
    if (refusal !== undefined) throw refusal;
    const changes = plan.filter(({ action }) => action !== 'unchanged');
    if (changes.length === 0) return plan;
    const records = await recordsOf(changes, revision, wanted, dependencies);
    const [last] = (await log.append(records)).slice(-1);
    await followed.caughtUp(last);
    const counted = changes.every(
      ({ definition, hash }) => followed.catalog.hashOf(definition.kind, definition.name) === hash,
    );
    if (counted) return plan;
  }
  throw new MillraceError(
    'CONFLICT',
    `other changes of definitions were first, ${dependencies.attempts} times; try again`,
  );
}

async function recordsOf(
  changes: readonly PlannedDefinition[],
  revision: bigint,
  wanted: readonly Definition[],
  { log, codec, schemas, followed, envelope }: DefinitionsDependencies,
): Promise<readonly RecordToAppend[]> {
  const definedHere = new Map(
    wanted.flatMap((definition) =>
      definition.kind === 'entity' ? [[definition.name, definition] as const] : [],
    ),
  );
  const entityNamed = (name: string): Entity => definedHere.get(name) ?? followed.catalog.entity(name);
  const views = changes.flatMap(({ definition }) => (definition.kind === 'feature-view' ? [definition] : []));
  await log.ensureTopics(views.map(({ name }) => ({ name: featureTopic(name), partitions: 'default' })));
  const changeId = randomUUID();
  const records: RecordToAppend[] = [];
  for (const { definition, hash } of changes) {
    const { kind, name } = definition;
    const event: DefinitionRegistered = {
      envelope: envelope(),
      kind,
      name,
      hash,
      definition: definitionText(definition),
      ...(kind === 'feature-view'
        ? await registerSchema(definition, entityNamed(definition.entity), schemas)
        : { topic: null, epoch: 0, subject: null, schemaId: null, schema: null }),
      revision,
      changeId,
    };
    const value = await codec.encode(topics.definitions.name, 'DefinitionRegistered', event);
    records.push({ topic: topics.definitions.name, key: Buffer.from(`${kind}/${name}`), value });
  }
  return records;
}

async function registerSchema(view: FeatureView, entity: Entity, schemas: SchemaRegistry) {
  const topic = featureTopic(view.name);
  const subject = subjectOf(topic, `millrace.features.${view.name}.FeatureWritten`);
  const schema = JSON.stringify(featureRowSchema(view, entity));
  return { topic, epoch: 0, subject, schemaId: await schemas.register(subject, schema), schema };
}
