import { type PartitionOffset, topics } from '@millrace/events';
import type { Catalog } from '@millrace/feature-registry';
import { eventTables, featureViewName, rawTableName } from '@millrace/offline-store';

/** A topic that the offline store keeps, and where. */
export interface KeptTopic {
  readonly topic: string;
  readonly epoch: number;
  /** The table with every record. */
  readonly table: string;
  /** The view that analysts read. */
  readonly view: string;
  /** Whether that view shows every event, or only the newest of some. */
  readonly showsAll: boolean;
  /** The feature view whose rows the topic has. */
  readonly featureView: string | null;
}

const lifecycle: readonly KeptTopic[] = [
  kept(topics.predictions.name, eventTables.predictions.table.name, 'predictions', true),
  kept(topics.labels.name, eventTables.labels.table.name, 'labels', false),
  kept(topics.models.name, eventTables.releases.table.name, 'releases', false),
  kept(topics.driftWindows.name, eventTables.driftWindows.table.name, 'drift_windows', false),
  kept(topics.retraining.name, eventTables.retraining.table.name, 'retraining', false),
  kept(topics.definitions.name, eventTables.definitions.table.name, 'definitions', false),
  kept(topics.verifications.name, eventTables.verifications.table.name, 'verifications', true),
  kept(topics.deadLetters.name, eventTables.deadLetters.table.name, 'dead_letters', false),
];

function kept(topic: string, table: string, view: string, showsAll: boolean): KeptTopic {
  return { topic, epoch: 0, table, view, showsAll, featureView: null };
}

/** Every topic that the offline store keeps: rows of feature views first. */
export function keptTopics(catalog: Pick<Catalog, 'views'>): readonly KeptTopic[] {
  const features = catalog.views().map((view): KeptTopic => {
    const name = view.definition.name;
    const { topic, epoch } = view;
    return {
      topic,
      epoch,
      table: rawTableName(name),
      view: featureViewName(name),
      showsAll: true,
      featureView: name,
    };
  });
  return [...features, ...lifecycle];
}

/** Offsets as events carry them, by topic and partition. */
export function offsetList(topic: string, next: ReadonlyMap<number, bigint>): readonly PartitionOffset[] {
  return [...next]
    .filter(([, offset]) => offset > 0n)
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => ({ topic, partition, offset: offset - 1n }));
}
