import type { LogAdmin } from '@millrace/event-log';
import { type PartitionOffset, topics } from '@millrace/events';
import type { Catalog } from '@millrace/feature-registry';
import { describeError } from '@millrace/kernel';
import type { Logger } from '@millrace/telemetry';
import { modelColumns, modelRows, predictedModels } from './model-rows.ts';
import type { Monitor } from './monitor.ts';
import type { MonitorOptions } from './monitor-options.ts';
import { monitorsOf } from './monitors-of.ts';
import { offsetList } from './offsets.ts';
import {
  readProgress,
  sameRecords,
  type TopicProgress,
  unknownProgress,
  vectorOf,
} from './topic-progress.ts';
import { viewColumns, viewRows } from './view-rows.ts';
import { MonitorWatch, type Watched, type WatchParts } from './watch.ts';

/** What monitoring needs. */
export interface MonitoringParts extends WatchParts {
  readonly log: LogAdmin;
  readonly catalog: Catalog;
  readonly options: readonly MonitorOptions[];
  readonly logger: Logger;
}

/** All monitors, brought up to what is applied step by step. */
export class Monitoring {
  readonly #parts: MonitoringParts;
  readonly #watches = new Map<string, MonitorWatch>();
  readonly #progress = new Map<string, TopicProgress>();
  readonly #failing = new Map<string, string>();
  #models: readonly string[] = [];
  #live: ReadonlyMap<string, number> = new Map();

  constructor(parts: MonitoringParts) {
    this.#parts = parts;
  }

  watches(): readonly MonitorWatch[] {
    return [...this.#watches.values()];
  }

  /** What fails right now, in words; it is tried again with the next step. */
  problems(): readonly string[] {
    return [...this.#failing.values()];
  }

  /** Everything that is applied of the topics that are watched, and of labels. */
  knowledge(): readonly PartitionOffset[] {
    const vectors = [...this.#progress.values()].map(vectorOf);
    return offsetList(Object.fromEntries(vectors.flatMap((vector) => Object.entries(vector))));
  }

  /**
   * One step of every monitor; the ones that are left are skipped when it is told to stop. What fails for one
   * topic or monitor does not hold up the others.
   */
  async step(stopping: AbortSignal): Promise<void> {
    for (const topic of await this.#topics()) await this.#attempt(topic.topic, () => this.#follow(topic));
    for (const watch of this.#current()) {
      if (stopping.aborted) return;
      await this.#attempt(watch.monitor.name, () => this.#stepOf(watch));
    }
  }

  /** The topics that are followed, in the generations that are read now. */
  async #topics(): Promise<readonly TopicProgress[]> {
    const followed = [
      { topic: topics.predictions.name, epoch: 0 },
      { topic: topics.labels.name, epoch: 0 },
      ...this.#parts.catalog.views(),
    ];
    await this.#attempt('generations', async () => {
      this.#live = await this.#parts.queries.live(followed.map(({ topic }) => topic));
    });
    return followed.flatMap(({ topic, epoch }) => {
      const generation = this.#live.get(topic);
      return generation === undefined ? [] : [unknownProgress(topic, epoch, generation)];
    });
  }

  /** One for each monitor that there is now; none is forgotten. */
  #current(): readonly MonitorWatch[] {
    const views = this.#parts.catalog.views().map(({ definition }) => definition.name);
    for (const monitor of monitorsOf({ views, models: this.#models }, this.#parts.options)) {
      if (!this.#watches.has(monitor.name))
        this.#watches.set(monitor.name, new MonitorWatch(monitor, this.#parts));
    }
    return this.watches();
  }

  async #follow(unknown: TopicProgress): Promise<void> {
    const { queries, log } = this.#parts;
    const { topic, epoch, generation } = unknown;
    const known = this.#progress.get(topic);
    const before = known?.epoch === epoch && known.generation === generation ? known : unknown;
    const after = await readProgress(queries, log, before);
    const hasNew = !sameRecords(before, after);
    if (topic === topics.predictions.name && hasNew) this.#models = await predictedModels(queries);
    this.#progress.set(topic, after);
  }

  async #stepOf(watch: MonitorWatch): Promise<void> {
    const { monitor } = watch;
    const topic = this.#topicOf(monitor);
    const progress = topic === undefined ? undefined : this.#progress.get(topic);
    if (progress === undefined || !hasRecords(progress)) return;
    const watched = this.#watched(monitor, progress);
    if (watched === undefined) return;
    await watch.step(progress, watched);
    this.#parts.metrics.progressed(monitor.name, watch.status.watermark, watch.status.closedThrough);
  }

  /** Undefined while a configured view is not registered. */
  #topicOf({ subjectKind, subject }: Monitor): string | undefined {
    if (subjectKind === 'model') return topics.predictions.name;
    return this.#parts.catalog.findView(subject)?.topic;
  }

  /** The rows of the generation whose progress is known: its offsets are what the windows are computed at. */
  #watched({ subjectKind, subject }: Monitor, { generation }: TopicProgress): Watched | undefined {
    const { queries, catalog } = this.#parts;
    if (subjectKind === 'model') {
      const source = modelRows(subject, generation);
      return { source, columns: (period, vector) => modelColumns(queries, catalog, source, period, vector) };
    }
    const view = catalog.findView(subject);
    if (view === undefined) return undefined;
    return { source: viewRows(view, generation), columns: () => Promise.resolve(viewColumns(view)) };
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing.delete(what);
    } catch (error) {
      this.#parts.metrics.failuresTotal.inc({ monitor: what });
      this.#parts.logger.warn({ err: error, monitor: what }, 'a step failed and is tried again');
      this.#failing.set(what, `${what}: ${describeError(error)}`);
    }
  }
}

function hasRecords(progress: TopicProgress): boolean {
  return [...progress.partitions.values()].some((partition) => partition.progress.nextOffset > 0n);
}
