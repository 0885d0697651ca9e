import type { ClickHouseClient } from '@clickhouse/client';
import type { RegisteredView } from '@millrace/feature-registry';
import { createTable, type Deployment, plainView } from '../clickhouse/table.ts';
import { eventViews } from '../event-tables/views.ts';
import { ensureFeatureTable } from '../feature-table/evolve.ts';
import { createFeatureView, featureTable } from '../feature-table/feature-table.ts';
import { eventTopics } from './event-topics.ts';
import { physicalTable } from './physical-table.ts';
import { liveGenerations } from './read-marks.ts';
import { SettledNames } from './settled-names.ts';

/** Keeps the names that analysts use pointing at what is live. */
export class StableNames {
  readonly #client: ClickHouseClient;
  readonly #deployment: Deployment;
  readonly #views = new Map<string, RegisteredView>();
  readonly #names: SettledNames;

  constructor(client: ClickHouseClient, deployment: Deployment) {
    this.#client = client;
    this.#deployment = deployment;
    this.#names = new SettledNames(
      async (topic) => (await liveGenerations(client, [topic])).get(topic) ?? 1,
      async (topic, generation) => {
        for (const query of await this.#statements(topic, generation)) await client.command({ query });
      },
    );
  }

  /** Learns what a topic's view looks like. */
  remember(view: RegisteredView): void {
    this.#views.set(view.topic, view);
  }

  /** See {@link SettledNames}. */
  settleChanged(live: ReadonlyMap<string, number>): Promise<void> {
    return this.#names.settleChanged(live);
  }

  /** Settles all topics of lifecycle events at once. */
  async settleEvents(): Promise<void> {
    const live = await this.#liveEvents();
    for (const query of this.#eventStatements([...eventTopics.keys()], live))
      await this.#client.command({ query });
    // Whoever goes live meanwhile settles its own topics, before or after.
    for (const [topic, generation] of await this.#liveEvents()) {
      if (live.get(topic) !== generation) await this.settle(topic);
    }
  }

  /** See {@link SettledNames}. */
  settle(topic: string): Promise<void> {
    return this.#names.settle(topic);
  }

  async #statements(topic: string, generation: number): Promise<readonly string[]> {
    const view = this.#views.get(topic);
    if (view !== undefined) {
      await ensureFeatureTable(this.#client, view, generation, this.#deployment);
      const table = featureTable(view);
      return [
        plainView(table.name, physicalTable(table.name, generation), table, this.#deployment),
        createFeatureView(view, generation, this.#deployment),
      ];
    }
    return eventTopics.has(topic) ? this.#eventStatements([topic], await this.#liveEvents()) : [];
  }

  #liveEvents(): Promise<ReadonlyMap<string, number>> {
    return liveGenerations(this.#client, [...eventTopics.keys()]);
  }

  #eventStatements(topics: readonly string[], live: ReadonlyMap<string, number>): readonly string[] {
    const deployment = this.#deployment;
    const physical = new Map(
      [...eventTopics].map(([topic, { name }]) => [name, physicalTable(name, live.get(topic) ?? 1)] as const),
    );
    const tableOf = (stable: string) => physical.get(stable) ?? stable;
    const tables = topics.flatMap((topic) => eventTopics.get(topic) ?? []);
    return [
      ...tables.flatMap((table) => [
        createTable({ ...table, name: tableOf(table.name) }, deployment),
        plainView(table.name, tableOf(table.name), table, deployment),
      ]),
      ...eventViews(deployment, tableOf),
    ];
  }
}
