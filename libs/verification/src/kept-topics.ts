import { type PartitionOffset, topics } from '@millrace/events';
import type { Catalog } from '@millrace/feature-registry';
import { featureViewName } from '@millrace/offline-store';

/** A topic that the offline store keeps. */
export interface KeptTopic {
  readonly topic: string;
  readonly epoch: number;
  /** The view that analysts read. */
  readonly view: string;
  /** Whether that view shows every event, or only the newest of some. */
  readonly showsAll: boolean;
  /** The feature view whose rows the topic has. */
  readonly featureView: string | null;
}

const lifecycle: readonly KeptTopic[] = [
  kept(topics.predictions.name, 'predictions', true),
  kept(topics.labels.name, 'labels', false),
  kept(topics.models.name, 'releases', false),
  kept(topics.driftWindows.name, 'drift_windows', false),
  kept(topics.retraining.name, 'retraining', false),
  kept(topics.definitions.name, 'definitions', false),
  kept(topics.verifications.name, 'verifications', true),
  kept(topics.deadLetters.name, 'dead_letters', false),
];

function kept(topic: string, view: string, showsAll: boolean): KeptTopic {
  return { topic, epoch: 0, view, showsAll, featureView: null };
}

/** A topic, and where its rows are just now. */
export interface StoredTopic extends KeptTopic {
  /** The table with every record. */
  readonly table: string;
  /** The table with every dead letter. */
  readonly letters: string;
}

/** Every topic that the offline store keeps: rows of feature views first. */
export function keptTopics(catalog: Pick<Catalog, 'views'>): readonly KeptTopic[] {
  const features = catalog.views().map((view): KeptTopic => {
    const name = view.definition.name;
    const { topic, epoch } = view;
    return {
      topic,
      epoch,
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
