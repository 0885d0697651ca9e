/** What a topic is for, and with it how it is kept. */
export interface TopicSpec {
  readonly name: string;
  /** Partitions when the config asks for nothing else. Streams of aggregates need one total order: 1. */
  readonly partitions: number | 'default';
}

/** The topics beside those of the feature views. All are topics of truth: kept for ever, never compacted. */
export const topics = {
  predictions: { name: 'predictions', partitions: 'default' },
  labels: { name: 'labels', partitions: 'default' },
  definitions: { name: 'definitions', partitions: 1 },
  models: { name: 'models', partitions: 1 },
  driftWindows: { name: 'drift-windows', partitions: 1 },
  retraining: { name: 'retraining', partitions: 1 },
  deadLetters: { name: 'dead-letters', partitions: 1 },
  verifications: { name: 'verifications', partitions: 1 },
} as const satisfies Record<string, TopicSpec>;

const FEATURES = 'features.';

/** The topic of a feature view's rows. */
export function featureTopic(view: string): string {
  return FEATURES + view;
}

/** The feature view whose rows a topic holds, or undefined for another topic. */
export function viewOfTopic(topic: string): string | undefined {
  return topic.startsWith(FEATURES) ? topic.slice(FEATURES.length) : undefined;
}

/** Bytes of the largest record batch of dead letters: one holds a record as large as other topics take, and more. */
const DEAD_LETTER_BYTES = 2 * 1024 * 1024;

/**
 * The broker settings of a topic: the broker's append time is `recordedAt`, nothing is ever deleted or
 * compacted, and a write counts when enough replicas have it. Producers may compress as they like; the broker keeps
 * records as they are, since the consumers know gzip only and one batch of another kind would end them all. It also
 * holds the limit of a record's size against what the record has in memory.
 */
export function topicConfig(topic: string, minInSyncReplicas: number): Readonly<Record<string, string>> {
  return {
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': '-1',
    'retention.bytes': '-1',
    'cleanup.policy': 'delete',
    'compression.type': 'uncompressed',
    'min.insync.replicas': String(minInSyncReplicas),
    ...(topic === topics.deadLetters.name ? { 'max.message.bytes': String(DEAD_LETTER_BYTES) } : {}),
  };
}

/**
 * The subject under which the schema registry holds the schema of a record: `<topic>-value` where a topic has
 * one kind of event (the default of every client), else with the record's name behind it. `dead-letters` had one
 * kind first, and that keeps its subject.
 */
export function subjectOf(topic: string, recordName: string): string {
  const named =
    topic === topics.models.name ||
    (topic === topics.deadLetters.name && recordName !== 'millrace.DeadLettered');
  return named ? `${topic}-${recordName}` : `${topic}-value`;
}
