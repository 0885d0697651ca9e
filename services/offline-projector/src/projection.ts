import type { EventCodec, LogAdmin, LogReader, SchemaRegistry } from '@millrace/event-log';
import { viewOfTopic } from '@millrace/events';
import {
  type Clock,
  describeError,
  type Micros,
  oneAtATime,
  type Running,
  type Timers,
} from '@millrace/kernel';
import type { OfflineStore } from '@millrace/offline-store';
import {
  type DeadLetters,
  type FollowedDefinitions,
  type GenerationId,
  type Generations,
  projectGenerations,
  type ProjectionGauges,
} from '@millrace/processing';
import type { Logger } from '@millrace/telemetry';
import { ByteBudget } from './byte-budget.ts';
import { featureEncoder } from './feature-encoder.ts';
import { GroupCommit } from './group-commit.ts';
import { lifecycleEncoder, lifecycleTopics } from './lifecycle-encoder.ts';
import type { OfflineProjectorMetrics } from './metrics.ts';
import { TopicProjection } from './topic-projection.ts';
import { ViewTables } from './view-tables.ts';

/** What keeping the offline store equal to the log needs of the world. */
export interface ProjectionParts {
  readonly log: LogReader & Pick<LogAdmin, 'spans' | 'committed'>;
  readonly store: OfflineStore & { readonly generations: Generations };
  readonly definitions: FollowedDefinitions;
  readonly registry: Pick<SchemaRegistry, 'schemaById'>;
  readonly codec: EventCodec;
  readonly deadLetters: DeadLetters;
  readonly metrics: OfflineProjectorMetrics;
  readonly gauges: ProjectionGauges;
  readonly queue: ByteBudget;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called once of what cannot pass. */
  onFailure(error: unknown): void;
}

/** How it is kept. */
export interface ProjectionSettings {
  /** Microseconds by which an event time may lie ahead of the broker's clock. */
  readonly maxAhead: Micros;
  /** Milliseconds that batches at the end of the log wait for others. */
  readonly lingerMs: number;
  /** Milliseconds for which a generation is fed that was live. */
  readonly graceMs: number;
  /** Most bytes of one topic that wait to be stored. */
  readonly topicQueueBytes: number;
  readonly maxBytesPerPartition: number;
  /** Milliseconds between two looks at the generations. @default 1000 */
  readonly lookEveryMs?: number;
  /** Topics beside those of the feature views. @default those of the lifecycle events */
  readonly otherTopics?: readonly string[];
}

/** Keeps the offline store equal to the log, in every generation that there is. */
export async function startProjection(
  parts: ProjectionParts,
  settings: ProjectionSettings,
): Promise<Running<void>> {
  const { store, definitions, logger, onFailure } = parts;
  const tables = new ViewTables(store);
  const projections = new Map<string, TopicProjection>();
  let stopped = false;

  function projectionOf(generation: GenerationId): TopicProjection {
    const key = nameOf(generation);
    const known = projections.get(key);
    if (known !== undefined) return known;
    const failed = (error: unknown) => {
      if (!stopped) void isWanted(store.generations, generation).then((wanted) => wanted && onFailure(error));
    };
    const projection = topicProjection(parts, settings, tables, generation, failed);
    projections.set(key, projection);
    return projection;
  }

  // Analysts and the monitor find the table of a view before its first row.
  await ensureTables(parts, tables);
  const ensure = oneAtATime(() =>
    ensureTables(parts, tables).catch((error: unknown) =>
      logger.warn(`tables: ${describeError(error)}; rows wait for them`),
    ),
  );
  const stopListening = definitions.onChange(() => void ensure());
  const running = await projectGenerations({
    ...parts,
    service: 'offline-projector',
    otherTopics: settings.otherTopics ?? lifecycleTopics.map(({ name }) => name),
    generations: store.generations,
    graceMs: settings.graceMs,
    maxBytesPerPartition: settings.maxBytesPerPartition,
    ...(settings.lookEveryMs === undefined ? {} : { lookEveryMs: settings.lookEveryMs }),
    resumeFrom: (generation, partition) => projectionOf(generation).resumeFrom(partition),
    apply: (generation, batch) => projectionOf(generation).apply(batch),
    released: (generation) => void projections.delete(nameOf(generation)),
    onLive: (live) => logger.info(`live after a rebuild: ${live.map(nameOf).join(', ')}`),
    onTrouble: (error) => logger.warn(`generations: ${describeError(error)}; tried again`),
  });
  return {
    value: undefined,
    async stop() {
      stopped = true;
      stopListening();
      await running.stop();
      await Promise.all([...projections.values()].map((projection) => projection.drained()));
    },
  };
}

function topicProjection(
  { store, definitions, registry, codec, queue, ...parts }: ProjectionParts,
  settings: ProjectionSettings,
  tables: ViewTables,
  generation: GenerationId,
  onFailure: (error: unknown) => void,
): TopicProjection {
  const { topic, number } = generation;
  const { catalog } = definitions;
  const view = catalog.views().find((candidate) => candidate.topic === topic);
  const viewName = view?.definition.name ?? viewOfTopic(topic);
  const encoder =
    viewName === undefined
      ? lifecycleEncoder(topic, codec, settings.maxAhead)
      : featureEncoder(viewName, {
          catalog,
          definitionsCaughtUp: () => definitions.caughtUp(),
          registry,
          ensureTable: (registered) => tables.ensure(registered, number),
          maxAhead: settings.maxAhead,
        });
  return new TopicProjection({
    generation,
    store,
    encoder,
    commit: new GroupCommit({
      ...parts,
      store,
      generation: number,
      lingerMs: settings.lingerMs,
      onTrouble: (error) =>
        parts.logger.warn(`${nameOf(generation)}: ${describeError(error)}; rows wait, and it is tried again`),
    }),
    budgets: [new ByteBudget(settings.topicQueueBytes, parts.timers), queue],
    ...(viewName === undefined ? { prepare: () => store.ensureTopic(topic, number) } : {}),
    onFailure,
  });
}

/** The tables of all views, in every generation that is filled or read. */
async function ensureTables({ store, definitions }: ProjectionParts, tables: ViewTables): Promise<void> {
  const generations = await store.generations.list();
  await Promise.all(
    definitions.catalog.views().flatMap((view) => {
      const known = generations.filter(({ topic, state }) => topic === view.topic && state !== 'retired');
      const numbers = known.length === 0 ? [1] : known.map(({ number }) => number);
      return numbers.map((number) => tables.ensure(view, number));
    }),
  );
}

/** What was dropped meanwhile fails for want of a place, and nobody minds. */
async function isWanted(generations: Generations, { topic, number }: GenerationId): Promise<boolean> {
  try {
    const known = (await generations.list()).filter((each) => each.topic === topic);
    return known.length === 0 ? number === 1 : known.some((each) => each.number === number);
  } catch {
    return true;
  }
}

function nameOf({ topic, number }: GenerationId): string {
  return `${topic} (generation ${number})`;
}
