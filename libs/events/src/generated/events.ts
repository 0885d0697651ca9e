// Generated from schemas/*.avsc by `node libs/events/generate.ts`. A test keeps them equal.

/** Somebody decided that the record of a dead letter needs not be processed. */
export interface DeadLetterDiscarded {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The dead letter: the event id of its DeadLettered. */
  readonly deadLetterId: string;
  /** The version of the stream that this event makes: being dead-lettered made 1. Of several events with one version, only the first in the log counts. */
  readonly streamVersion: bigint;
  /** Where the record is that died. */
  readonly topic: string;
  /** Its partition. */
  readonly partition: number;
  /** Its offset. */
  readonly offset: bigint;
  /** Who did it. */
  readonly by: string;
  /** Why; never empty. */
  readonly reason: string;
}

/** The record of a dead letter was appended to its own topic once more, key and value unchanged. */
export interface DeadLetterReplayed {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The dead letter: the event id of its DeadLettered. */
  readonly deadLetterId: string;
  /** The version of the stream that this event makes: being dead-lettered made 1. Of several events with one version, only the first in the log counts. */
  readonly streamVersion: bigint;
  /** Where the record is that died. */
  readonly topic: string;
  /** Its partition. */
  readonly partition: number;
  /** Its offset. */
  readonly offset: bigint;
  /** Where the record stands once more. */
  readonly replayedTopic: string;
  /** Its partition: the same as before, so that the order of its key is kept. */
  readonly replayedPartition: number;
  /** Its offset. */
  readonly replayedOffset: bigint;
  /** Who did it. */
  readonly by: string;
  /** Why, such as what was fixed. */
  readonly reason: null | string;
}

/** A record that could not be processed, kept with the reason. Its id is its topic, partition and offset. */
export interface DeadLettered {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** Where the record is. */
  readonly topic: string;
  /** Its partition. */
  readonly partition: number;
  /** Its offset. */
  readonly offset: bigint;
  /** When the log took it. */
  readonly recordedAt: bigint;
  /** Who could not process it. */
  readonly service: string;
  /** The error code. */
  readonly code: string;
  /** What is wrong, naming field and rule. */
  readonly reason: string;
  /** The key of the record. */
  readonly key: null | Buffer;
  /** Its value. */
  readonly value: null | Buffer;
  /** The id of the dead letter whose replay this record is; null for any other record. */
  readonly replayOf: null | string;
  /** Whether key or value was too large to be kept here whole; the log has the record itself. */
  readonly cut: boolean;
}

/** An entity, feature view or feature service was registered or changed. */
export interface DefinitionRegistered {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** entity, feature-view or feature-service. */
  readonly kind: string;
  /** Its name, unique in its kind. */
  readonly name: string;
  /** SHA-256 of the canonical definition, in hex. */
  readonly hash: string;
  /** The definition as canonical JSON. */
  readonly definition: string;
  /** For a feature view: the topic of its rows. */
  readonly topic: null | string;
  /** For a feature view: how often its topic was made anew. */
  readonly epoch: number;
  /** For a feature view: the subject in the schema registry. */
  readonly subject: null | string;
  /** For a feature view: the id of the schema of its rows. */
  readonly schemaId: null | number;
  /** For a feature view: the text of that schema, so that a lost registry can be restored. */
  readonly schema: null | string;
  /** The revision of all definitions that the change makes: the first makes 1. Of several changes with one revision only the first in the log counts, with all its events. Null counts always. */
  readonly revision: null | bigint;
  /** The change that this event is part of, the same in all its events. */
  readonly changeId: null | string;
}

/** The statistics of one window, in one revision. A late row makes a new revision, never another answer of an old one. */
export interface DriftWindowClosed {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The monitor that the window belongs to. */
  readonly monitor: string;
  /** feature-view or model. */
  readonly subjectKind: string;
  /** The name of the view or the model. */
  readonly subject: string;
  /** First instant of the window. */
  readonly windowStart: bigint;
  /** First instant after it. */
  readonly windowEnd: bigint;
  /** 1 for the first result, one more for each restatement. */
  readonly revision: number;
  /** closed, late-data or backfill. */
  readonly reason: string;
  /** The vector that the result was computed at: rows at or below it. */
  readonly offsets: readonly PartitionOffset[];
  /** First instant of the reference period. */
  readonly referenceStart: bigint;
  /** First instant after it. */
  readonly referenceEnd: bigint;
  /** Rows in the reference period. */
  readonly referenceRows: bigint;
  /** Rows in the window. */
  readonly rows: bigint;
  /** Each feature. */
  readonly features: readonly FeatureDrift[];
  /** Drifted features / features. */
  readonly driftedShare: number;
  /** Against the revision before; null in the first. */
  readonly change: null | WindowChange;
  /** SHA-256, in hex, of what was measured and decided: everything here except envelope, revision, reason, offsets and change. */
  readonly resultHash: string;
}

/** One feature in one window against the reference. */
export interface FeatureDrift {
  /** The feature; for a model view__feature, or output. */
  readonly name: string;
  /** numeric, categorical, or presence for arrays and embeddings, of which only nulls are counted. */
  readonly type: string;
  /** Rows in the window. */
  readonly rows: bigint;
  /** Rows without a value. */
  readonly nulls: bigint;
  /** nulls / rows; 0 without rows. */
  readonly nullShare: number;
  /** The same in the reference. */
  readonly referenceNullShare: number;
  /** Upper edges (inclusive) of the numeric bins as text, or the categories. */
  readonly bins: readonly string[];
  /** Rows in each bin of the window; after the bins NULL, and NEW for categories. */
  readonly counts: readonly bigint[];
  /** The same for the reference. */
  readonly referenceCounts: readonly bigint[];
  /** Population stability index; null without rows on a side, and for presence. */
  readonly psi: null | number;
  /** Whether a test found a drift. */
  readonly drifted: boolean;
  /** The tests that decided. */
  readonly tests: readonly DriftTest[];
}

/** One test of one feature. */
export interface DriftTest {
  /** psi, null-share, or a later test. */
  readonly name: string;
  /** What was measured. */
  readonly statistic: null | number;
  /** Where the test has one. */
  readonly pValue: null | number;
  /** What the statistic was held against. */
  readonly threshold: number;
  /** Whether it was exceeded. */
  readonly drifted: boolean;
}

/** What a revision changed against the one before. */
export interface WindowChange {
  /** The result that it restates. */
  readonly previousResultHash: string;
  /** Rows that were in it. */
  readonly previousRows: bigint;
  /** Its share of drifted features. */
  readonly previousDriftedShare: number;
  /** Features that drifted only in this revision. */
  readonly nowDrifted: readonly string[];
  /** Features that drifted only in the one before. */
  readonly noLongerDrifted: readonly string[];
}

/** What every event carries, whatever it tells. */
export interface Envelope {
  /** A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts. */
  readonly eventId: string;
  /** When it was true in the world. */
  readonly eventTime: bigint;
  /** Who sent the event. */
  readonly producer: Producer;
  /** The W3C trace context of the work that caused the event. */
  readonly traceparent: null | string;
}

/** Who sent the event. */
export interface Producer {
  /** The name of the app or service. */
  readonly service: string;
  /** Its version. */
  readonly version: null | string;
  /** The commit that it was built from. */
  readonly commit: null | string;
}

/** The truth about something that was predicted. The newest label of one name wins. */
export interface LabelObserved {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The prediction that this is the truth of. */
  readonly predictionId: null | string;
  /** Without a prediction id: the entity key columns and their values as text. */
  readonly entityKey: null | Readonly<Record<string, string>>;
  /** Without a prediction id: the time of what was predicted. */
  readonly labelTime: null | bigint;
  /** The model, where the label is meant for one only. */
  readonly model: null | string;
  /** What was observed, such as arrived_late. */
  readonly name: string;
  /** The observed value; null takes the label back. */
  readonly value: null | { readonly boolean: boolean } | { readonly long: bigint } | { readonly double: number } | { readonly string: string };
}

/** A model version was put behind an alias. */
export interface ModelReleased {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The model. */
  readonly model: string;
  /** The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts. */
  readonly streamVersion: bigint;
  /** The version. */
  readonly version: string;
  /** champion, challenger or another alias. */
  readonly alias: string;
  /** The version that had the alias before. */
  readonly previousVersion: null | string;
  /** Why. */
  readonly reason: null | string;
}

/** An alias went back to the version before. */
export interface ModelRolledBack {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The model. */
  readonly model: string;
  /** The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts. */
  readonly streamVersion: bigint;
  /** The alias. */
  readonly alias: string;
  /** The version that lost the alias. */
  readonly fromVersion: string;
  /** The version that has it again. */
  readonly toVersion: string;
  /** Why. */
  readonly reason: null | string;
}

/** A trained model version became known. */
export interface ModelVersionRegistered {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The model. */
  readonly model: string;
  /** The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts. */
  readonly streamVersion: bigint;
  /** The version, unique in the model. */
  readonly version: string;
  /** The feature service that it reads. */
  readonly featureService: string;
  /** The hash of that definition. */
  readonly featureServiceHash: string;
  /** Where the model file is. */
  readonly artifactUri: string;
  /** SHA-256 of the model file, in hex. */
  readonly artifactHash: string;
  /** The training snapshot. */
  readonly snapshotId: null | string;
  /** The content hash of that snapshot. */
  readonly snapshotHash: null | string;
  /** What was measured in training. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Anything else worth knowing. */
  readonly tags: Readonly<Record<string, string>>;
}

/** An offset of one topic-partition; in a vector, all below and at it are meant. */
export interface PartitionOffset {
  /** The topic. */
  readonly topic: string;
  /** The partition. */
  readonly partition: number;
  /** The last offset that is part of the vector. */
  readonly offset: bigint;
}

/** A model answered, with everything that it was given. */
export interface PredictionMade {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** What a label names to reach this prediction. The record key of the topic. */
  readonly predictionId: string;
  /** The model. */
  readonly model: string;
  /** The version that answered. */
  readonly modelVersion: string;
  /** The alias under which it was called, such as champion. */
  readonly alias: null | string;
  /** The feature service whose features it read. */
  readonly featureService: null | string;
  /** The hash of that definition. */
  readonly featureServiceHash: null | string;
  /** The entity key columns of the request and their values as text; the feature service knows their types. */
  readonly entityKey: Readonly<Record<string, string>>;
  /** The time at which the features were read (the `at` of the online read). */
  readonly readAt: null | bigint;
  /** Where each served row came from. */
  readonly servedViews: readonly ServedView[];
  /** The vector as it was served. */
  readonly servedFeatures: readonly ServedFeature[];
  /** What the model answered. */
  readonly output: PredictionOutput;
  /** Names of groups that this prediction falls into, and the group. */
  readonly segments: Readonly<Record<string, string>>;
  /** How long the answer took, in microseconds. */
  readonly latencyMicros: null | bigint;
}

/** Where the served row of one feature view came from. */
export interface ServedView {
  /** The view, or its alias in the feature service. */
  readonly name: string;
  /** The feature view. */
  readonly view: string;
  /** PRESENT, NOT_FOUND or OUTSIDE_MAX_AGE. */
  readonly status: string;
  /** The event time of the served row. */
  readonly eventTime: null | bigint;
  /** The partition of the served row in the topic of the view. */
  readonly partition: null | number;
  /** Its offset. */
  readonly offset: null | bigint;
}

/** One feature as it was served. */
export interface ServedFeature {
  /** view__feature, with the alias where the view has one. */
  readonly name: string;
  /** PRESENT, NULL_VALUE, NOT_FOUND or OUTSIDE_MAX_AGE. */
  readonly status: string;
  /** The value as the model was given it. */
  readonly value: null | { readonly boolean: boolean } | { readonly long: bigint } | { readonly double: number } | { readonly string: string } | { readonly array: readonly ({ readonly boolean: boolean } | { readonly long: bigint } | { readonly double: number } | { readonly string: string })[] };
}

/** What the model answered; a classifier fills class and score, a regressor value. */
export interface PredictionOutput {
  /** The predicted class. */
  readonly class: null | string;
  /** The score or probability of the predicted or positive class. */
  readonly score: null | number;
  /** The probability of each class. */
  readonly probabilities: null | Readonly<Record<string, number>>;
  /** The predicted number. */
  readonly value: null | number;
}

/** Somebody or a policy wants a model trained again; a training job can run from this event alone. */
export interface RetrainingRequested {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The request: the same cause gives the same id. */
  readonly requestId: string;
  /** The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts. */
  readonly streamVersion: bigint;
  /** The policy that raised it. */
  readonly policy: string;
  /** The model to train. */
  readonly model: string;
  /** The version that is champion now. */
  readonly championVersion: null | string;
  /** drift, later also schedule, labels, performance, person. */
  readonly trigger: string;
  /** The sentence to show a person. */
  readonly reason: string;
  /** The monitor with the evidence. */
  readonly monitor: string;
  /** The window that decided. */
  readonly windowStart: bigint;
  /** Its end. */
  readonly windowEnd: bigint;
  /** Its revision. */
  readonly windowRevision: number;
  /** Drifted features / features in that window. */
  readonly driftedShare: number;
  /** What it was held against. */
  readonly threshold: number;
  /** The features that drifted. */
  readonly driftedFeatures: readonly string[];
  /** The feature service to train on. */
  readonly featureService: null | string;
  /** First prediction time of the training data. */
  readonly labelsFrom: null | bigint;
  /** First prediction time after it. */
  readonly labelsUntil: null | bigint;
  /** The knowledge to train at. */
  readonly offsets: readonly PartitionOffset[];
}

/** A part of the stores was held against the log, or against each other. */
export interface StoresVerified {
  /** What every event carries. */
  readonly envelope: Envelope;
  /** The pass that this is a part of. */
  readonly runId: string;
  /** conservation or parity. */
  readonly kind: string;
  /** The topic (conservation) or the buckets (parity) that were checked; all for the pass so far, or the whole pass where part equals parts. */
  readonly subject: string;
  /** Which part of the pass, from 1. */
  readonly part: number;
  /** How many parts the pass has. */
  readonly parts: number;
  /** When the check began. */
  readonly startedAt: bigint;
  /** When it was done. */
  readonly finishedAt: bigint;
  /** The vector that was checked at: records at or below it. */
  readonly offsets: readonly PartitionOffset[];
  /** Offsets or rows that were compared. */
  readonly checked: bigint;
  /** Records of the log that a store lacks. */
  readonly lost: bigint;
  /** Events that a view shows more than once, and rows that the log does not have. */
  readonly doubled: bigint;
  /** Values in which the stores differ. */
  readonly differing: bigint;
  /** Whether nothing was found. */
  readonly ok: boolean;
  /** The first of what was found. */
  readonly differences: readonly StoreDifference[];
  /** Names the stores that were checked; empty where it was not written down. */
  readonly stores: string;
  /** Of a parity pass that goes on: the bucket before which it has compared all. Of a conservation pass, offsets say that. */
  readonly nextBucket: null | number;
}

/** One thing that is not as the log says. */
export interface StoreDifference {
  /** lost, doubled, differing, or a finer word. */
  readonly kind: string;
  /** The topic of the record. */
  readonly topic: null | string;
  /** Its partition. */
  readonly partition: null | number;
  /** Its offset. */
  readonly offset: null | bigint;
  /** The event. */
  readonly eventId: null | string;
  /** The entity key as text. */
  readonly entityKey: null | string;
  /** The feature. */
  readonly feature: null | string;
  /** What is wrong, and the cause as far as it is known. */
  readonly reason: string;
}

/** The Avro schema of each record, complete in itself. */
export const eventSchemas = {
  DeadLetterDiscarded: {"type":"record","name":"DeadLetterDiscarded","namespace":"millrace","doc":"Somebody decided that the record of a dead letter needs not be processed.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"deadLetterId","type":"string","doc":"The dead letter: the event id of its DeadLettered."},{"name":"streamVersion","type":"long","doc":"The version of the stream that this event makes: being dead-lettered made 1. Of several events with one version, only the first in the log counts."},{"name":"topic","type":"string","doc":"Where the record is that died."},{"name":"partition","type":"int","doc":"Its partition."},{"name":"offset","type":"long","doc":"Its offset."},{"name":"by","type":"string","doc":"Who did it."},{"name":"reason","type":"string","doc":"Why; never empty."}]},
  DeadLetterReplayed: {"type":"record","name":"DeadLetterReplayed","namespace":"millrace","doc":"The record of a dead letter was appended to its own topic once more, key and value unchanged.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"deadLetterId","type":"string","doc":"The dead letter: the event id of its DeadLettered."},{"name":"streamVersion","type":"long","doc":"The version of the stream that this event makes: being dead-lettered made 1. Of several events with one version, only the first in the log counts."},{"name":"topic","type":"string","doc":"Where the record is that died."},{"name":"partition","type":"int","doc":"Its partition."},{"name":"offset","type":"long","doc":"Its offset."},{"name":"replayedTopic","type":"string","doc":"Where the record stands once more."},{"name":"replayedPartition","type":"int","doc":"Its partition: the same as before, so that the order of its key is kept."},{"name":"replayedOffset","type":"long","doc":"Its offset."},{"name":"by","type":"string","doc":"Who did it."},{"name":"reason","type":["null","string"],"doc":"Why, such as what was fixed.","default":null}]},
  DeadLettered: {"type":"record","name":"DeadLettered","namespace":"millrace","doc":"A record that could not be processed, kept with the reason. Its id is its topic, partition and offset.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"topic","type":"string","doc":"Where the record is."},{"name":"partition","type":"int","doc":"Its partition."},{"name":"offset","type":"long","doc":"Its offset."},{"name":"recordedAt","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When the log took it."},{"name":"service","type":"string","doc":"Who could not process it."},{"name":"code","type":"string","doc":"The error code."},{"name":"reason","type":"string","doc":"What is wrong, naming field and rule."},{"name":"key","type":["null","bytes"],"doc":"The key of the record.","default":null},{"name":"value","type":["null","bytes"],"doc":"Its value.","default":null},{"name":"replayOf","type":["null","string"],"doc":"The id of the dead letter whose replay this record is; null for any other record.","default":null},{"name":"cut","type":"boolean","doc":"Whether key or value was too large to be kept here whole; the log has the record itself.","default":false}]},
  DefinitionRegistered: {"type":"record","name":"DefinitionRegistered","namespace":"millrace","doc":"An entity, feature view or feature service was registered or changed.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"kind","type":"string","doc":"entity, feature-view or feature-service."},{"name":"name","type":"string","doc":"Its name, unique in its kind."},{"name":"hash","type":"string","doc":"SHA-256 of the canonical definition, in hex."},{"name":"definition","type":"string","doc":"The definition as canonical JSON."},{"name":"topic","type":["null","string"],"doc":"For a feature view: the topic of its rows.","default":null},{"name":"epoch","type":"int","doc":"For a feature view: how often its topic was made anew.","default":0},{"name":"subject","type":["null","string"],"doc":"For a feature view: the subject in the schema registry.","default":null},{"name":"schemaId","type":["null","int"],"doc":"For a feature view: the id of the schema of its rows.","default":null},{"name":"schema","type":["null","string"],"doc":"For a feature view: the text of that schema, so that a lost registry can be restored.","default":null},{"name":"revision","type":["null","long"],"doc":"The revision of all definitions that the change makes: the first makes 1. Of several changes with one revision only the first in the log counts, with all its events. Null counts always.","default":null},{"name":"changeId","type":["null","string"],"doc":"The change that this event is part of, the same in all its events.","default":null}]},
  DriftWindowClosed: {"type":"record","name":"DriftWindowClosed","namespace":"millrace","doc":"The statistics of one window, in one revision. A late row makes a new revision, never another answer of an old one.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"monitor","type":"string","doc":"The monitor that the window belongs to."},{"name":"subjectKind","type":"string","doc":"feature-view or model."},{"name":"subject","type":"string","doc":"The name of the view or the model."},{"name":"windowStart","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"First instant of the window."},{"name":"windowEnd","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"First instant after it."},{"name":"revision","type":"int","doc":"1 for the first result, one more for each restatement."},{"name":"reason","type":"string","doc":"closed, late-data or backfill."},{"name":"offsets","type":{"type":"array","items":{"type":"record","name":"PartitionOffset","namespace":"millrace","doc":"An offset of one topic-partition; in a vector, all below and at it are meant.","fields":[{"name":"topic","type":"string","doc":"The topic."},{"name":"partition","type":"int","doc":"The partition."},{"name":"offset","type":"long","doc":"The last offset that is part of the vector."}]}},"doc":"The vector that the result was computed at: rows at or below it."},{"name":"referenceStart","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"First instant of the reference period."},{"name":"referenceEnd","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"First instant after it."},{"name":"referenceRows","type":"long","doc":"Rows in the reference period."},{"name":"rows","type":"long","doc":"Rows in the window."},{"name":"features","type":{"type":"array","items":{"type":"record","name":"FeatureDrift","namespace":"millrace","doc":"One feature in one window against the reference.","fields":[{"name":"name","type":"string","doc":"The feature; for a model view__feature, or output."},{"name":"type","type":"string","doc":"numeric, categorical, or presence for arrays and embeddings, of which only nulls are counted."},{"name":"rows","type":"long","doc":"Rows in the window."},{"name":"nulls","type":"long","doc":"Rows without a value."},{"name":"nullShare","type":"double","doc":"nulls / rows; 0 without rows."},{"name":"referenceNullShare","type":"double","doc":"The same in the reference."},{"name":"bins","type":{"type":"array","items":"string"},"doc":"Upper edges (inclusive) of the numeric bins as text, or the categories."},{"name":"counts","type":{"type":"array","items":"long"},"doc":"Rows in each bin of the window; after the bins NULL, and NEW for categories."},{"name":"referenceCounts","type":{"type":"array","items":"long"},"doc":"The same for the reference."},{"name":"psi","type":["null","double"],"default":null,"doc":"Population stability index; null without rows on a side, and for presence."},{"name":"drifted","type":"boolean","doc":"Whether a test found a drift."},{"name":"tests","type":{"type":"array","items":{"type":"record","name":"DriftTest","namespace":"millrace","doc":"One test of one feature.","fields":[{"name":"name","type":"string","doc":"psi, null-share, or a later test."},{"name":"statistic","type":["null","double"],"default":null,"doc":"What was measured."},{"name":"pValue","type":["null","double"],"default":null,"doc":"Where the test has one."},{"name":"threshold","type":"double","doc":"What the statistic was held against."},{"name":"drifted","type":"boolean","doc":"Whether it was exceeded."}]}},"doc":"The tests that decided.","default":[]}]}},"doc":"Each feature."},{"name":"driftedShare","type":"double","doc":"Drifted features / features."},{"name":"change","type":["null",{"type":"record","name":"WindowChange","namespace":"millrace","doc":"What a revision changed against the one before.","fields":[{"name":"previousResultHash","type":"string","doc":"The result that it restates."},{"name":"previousRows","type":"long","doc":"Rows that were in it."},{"name":"previousDriftedShare","type":"double","doc":"Its share of drifted features."},{"name":"nowDrifted","type":{"type":"array","items":"string"},"doc":"Features that drifted only in this revision."},{"name":"noLongerDrifted","type":{"type":"array","items":"string"},"doc":"Features that drifted only in the one before."}]}],"doc":"Against the revision before; null in the first.","default":null},{"name":"resultHash","type":"string","doc":"SHA-256, in hex, of what was measured and decided: everything here except envelope, revision, reason, offsets and change."}]},
  Envelope: {"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},
  LabelObserved: {"type":"record","name":"LabelObserved","namespace":"millrace","doc":"The truth about something that was predicted. The newest label of one name wins.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"predictionId","type":["null","string"],"doc":"The prediction that this is the truth of.","default":null},{"name":"entityKey","type":["null",{"type":"map","values":"string"}],"doc":"Without a prediction id: the entity key columns and their values as text.","default":null},{"name":"labelTime","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"doc":"Without a prediction id: the time of what was predicted.","default":null},{"name":"model","type":["null","string"],"doc":"The model, where the label is meant for one only.","default":null},{"name":"name","type":"string","doc":"What was observed, such as arrived_late."},{"name":"value","type":["null","boolean","long","double","string"],"doc":"The observed value; null takes the label back."}]},
  ModelReleased: {"type":"record","name":"ModelReleased","namespace":"millrace","doc":"A model version was put behind an alias.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"model","type":"string","doc":"The model."},{"name":"streamVersion","type":"long","doc":"The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts."},{"name":"version","type":"string","doc":"The version."},{"name":"alias","type":"string","doc":"champion, challenger or another alias."},{"name":"previousVersion","type":["null","string"],"doc":"The version that had the alias before.","default":null},{"name":"reason","type":["null","string"],"doc":"Why.","default":null}]},
  ModelRolledBack: {"type":"record","name":"ModelRolledBack","namespace":"millrace","doc":"An alias went back to the version before.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"model","type":"string","doc":"The model."},{"name":"streamVersion","type":"long","doc":"The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts."},{"name":"alias","type":"string","doc":"The alias."},{"name":"fromVersion","type":"string","doc":"The version that lost the alias."},{"name":"toVersion","type":"string","doc":"The version that has it again."},{"name":"reason","type":["null","string"],"doc":"Why.","default":null}]},
  ModelVersionRegistered: {"type":"record","name":"ModelVersionRegistered","namespace":"millrace","doc":"A trained model version became known.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"model","type":"string","doc":"The model."},{"name":"streamVersion","type":"long","doc":"The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts."},{"name":"version","type":"string","doc":"The version, unique in the model."},{"name":"featureService","type":"string","doc":"The feature service that it reads."},{"name":"featureServiceHash","type":"string","doc":"The hash of that definition."},{"name":"artifactUri","type":"string","doc":"Where the model file is."},{"name":"artifactHash","type":"string","doc":"SHA-256 of the model file, in hex."},{"name":"snapshotId","type":["null","string"],"doc":"The training snapshot.","default":null},{"name":"snapshotHash","type":["null","string"],"doc":"The content hash of that snapshot.","default":null},{"name":"metrics","type":{"type":"map","values":"double"},"doc":"What was measured in training.","default":{}},{"name":"tags","type":{"type":"map","values":"string"},"doc":"Anything else worth knowing.","default":{}}]},
  PartitionOffset: {"type":"record","name":"PartitionOffset","namespace":"millrace","doc":"An offset of one topic-partition; in a vector, all below and at it are meant.","fields":[{"name":"topic","type":"string","doc":"The topic."},{"name":"partition","type":"int","doc":"The partition."},{"name":"offset","type":"long","doc":"The last offset that is part of the vector."}]},
  PredictionMade: {"type":"record","name":"PredictionMade","namespace":"millrace","doc":"A model answered, with everything that it was given.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"predictionId","type":"string","doc":"What a label names to reach this prediction. The record key of the topic."},{"name":"model","type":"string","doc":"The model."},{"name":"modelVersion","type":"string","doc":"The version that answered."},{"name":"alias","type":["null","string"],"doc":"The alias under which it was called, such as champion.","default":null},{"name":"featureService","type":["null","string"],"doc":"The feature service whose features it read.","default":null},{"name":"featureServiceHash","type":["null","string"],"doc":"The hash of that definition.","default":null},{"name":"entityKey","type":{"type":"map","values":"string"},"doc":"The entity key columns of the request and their values as text; the feature service knows their types."},{"name":"readAt","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"doc":"The time at which the features were read (the `at` of the online read).","default":null},{"name":"servedViews","type":{"type":"array","items":{"type":"record","name":"ServedView","namespace":"millrace","doc":"Where the served row of one feature view came from.","fields":[{"name":"name","type":"string","doc":"The view, or its alias in the feature service."},{"name":"view","type":"string","doc":"The feature view."},{"name":"status","type":"string","doc":"PRESENT, NOT_FOUND or OUTSIDE_MAX_AGE."},{"name":"eventTime","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"default":null,"doc":"The event time of the served row."},{"name":"partition","type":["null","int"],"default":null,"doc":"The partition of the served row in the topic of the view."},{"name":"offset","type":["null","long"],"default":null,"doc":"Its offset."}]}},"doc":"Where each served row came from.","default":[]},{"name":"servedFeatures","type":{"type":"array","items":{"type":"record","name":"ServedFeature","namespace":"millrace","doc":"One feature as it was served.","fields":[{"name":"name","type":"string","doc":"view__feature, with the alias where the view has one."},{"name":"status","type":"string","doc":"PRESENT, NULL_VALUE, NOT_FOUND or OUTSIDE_MAX_AGE."},{"name":"value","type":["null","boolean","long","double","string",{"type":"array","items":["boolean","long","double","string"]}],"doc":"The value as the model was given it.","default":null}]}},"doc":"The vector as it was served.","default":[]},{"name":"output","type":{"type":"record","name":"PredictionOutput","namespace":"millrace","doc":"What the model answered; a classifier fills class and score, a regressor value.","fields":[{"name":"class","type":["null","string"],"default":null,"doc":"The predicted class."},{"name":"score","type":["null","double"],"default":null,"doc":"The score or probability of the predicted or positive class."},{"name":"probabilities","type":["null",{"type":"map","values":"double"}],"default":null,"doc":"The probability of each class."},{"name":"value","type":["null","double"],"default":null,"doc":"The predicted number."}]},"doc":"What the model answered."},{"name":"segments","type":{"type":"map","values":"string"},"doc":"Names of groups that this prediction falls into, and the group.","default":{}},{"name":"latencyMicros","type":["null","long"],"doc":"How long the answer took, in microseconds.","default":null}]},
  RetrainingRequested: {"type":"record","name":"RetrainingRequested","namespace":"millrace","doc":"Somebody or a policy wants a model trained again; a training job can run from this event alone.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"requestId","type":"string","doc":"The request: the same cause gives the same id."},{"name":"streamVersion","type":"long","doc":"The version of the stream that this event makes: the first event of a stream makes 1. Of several events with one version, only the first in the log counts."},{"name":"policy","type":"string","doc":"The policy that raised it."},{"name":"model","type":"string","doc":"The model to train."},{"name":"championVersion","type":["null","string"],"doc":"The version that is champion now.","default":null},{"name":"trigger","type":"string","doc":"drift, later also schedule, labels, performance, person."},{"name":"reason","type":"string","doc":"The sentence to show a person."},{"name":"monitor","type":"string","doc":"The monitor with the evidence."},{"name":"windowStart","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"The window that decided."},{"name":"windowEnd","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"Its end."},{"name":"windowRevision","type":"int","doc":"Its revision."},{"name":"driftedShare","type":"double","doc":"Drifted features / features in that window."},{"name":"threshold","type":"double","doc":"What it was held against."},{"name":"driftedFeatures","type":{"type":"array","items":"string"},"doc":"The features that drifted."},{"name":"featureService","type":["null","string"],"doc":"The feature service to train on.","default":null},{"name":"labelsFrom","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"doc":"First prediction time of the training data.","default":null},{"name":"labelsUntil","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"doc":"First prediction time after it.","default":null},{"name":"offsets","type":{"type":"array","items":{"type":"record","name":"PartitionOffset","namespace":"millrace","doc":"An offset of one topic-partition; in a vector, all below and at it are meant.","fields":[{"name":"topic","type":"string","doc":"The topic."},{"name":"partition","type":"int","doc":"The partition."},{"name":"offset","type":"long","doc":"The last offset that is part of the vector."}]}},"doc":"The knowledge to train at."}]},
  StoresVerified: {"type":"record","name":"StoresVerified","namespace":"millrace","doc":"A part of the stores was held against the log, or against each other.","fields":[{"name":"envelope","type":{"type":"record","name":"Envelope","namespace":"millrace","doc":"What every event carries, whatever it tells.","fields":[{"name":"eventId","type":{"type":"string","logicalType":"uuid"},"doc":"A UUIDv7, or a UUIDv8 hash where the sender can name the event again. Of several records with one id only the first counts."},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was true in the world."},{"name":"producer","type":{"type":"record","name":"Producer","namespace":"millrace","doc":"Who sent the event.","fields":[{"name":"service","type":"string","doc":"The name of the app or service."},{"name":"version","type":["null","string"],"default":null,"doc":"Its version."},{"name":"commit","type":["null","string"],"default":null,"doc":"The commit that it was built from."}]},"doc":"Who sent the event."},{"name":"traceparent","type":["null","string"],"doc":"The W3C trace context of the work that caused the event.","default":null}]},"doc":"What every event carries."},{"name":"runId","type":"string","doc":"The pass that this is a part of."},{"name":"kind","type":"string","doc":"conservation or parity."},{"name":"subject","type":"string","doc":"The topic (conservation) or the buckets (parity) that were checked; all for the pass so far, or the whole pass where part equals parts."},{"name":"part","type":"int","doc":"Which part of the pass, from 1."},{"name":"parts","type":"int","doc":"How many parts the pass has."},{"name":"startedAt","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When the check began."},{"name":"finishedAt","type":{"type":"long","logicalType":"timestamp-micros"},"doc":"When it was done."},{"name":"offsets","type":{"type":"array","items":{"type":"record","name":"PartitionOffset","namespace":"millrace","doc":"An offset of one topic-partition; in a vector, all below and at it are meant.","fields":[{"name":"topic","type":"string","doc":"The topic."},{"name":"partition","type":"int","doc":"The partition."},{"name":"offset","type":"long","doc":"The last offset that is part of the vector."}]}},"doc":"The vector that was checked at: records at or below it."},{"name":"checked","type":"long","doc":"Offsets or rows that were compared."},{"name":"lost","type":"long","doc":"Records of the log that a store lacks."},{"name":"doubled","type":"long","doc":"Events that a view shows more than once, and rows that the log does not have."},{"name":"differing","type":"long","doc":"Values in which the stores differ."},{"name":"ok","type":"boolean","doc":"Whether nothing was found."},{"name":"differences","type":{"type":"array","items":{"type":"record","name":"StoreDifference","namespace":"millrace","doc":"One thing that is not as the log says.","fields":[{"name":"kind","type":"string","doc":"lost, doubled, differing, or a finer word."},{"name":"topic","type":["null","string"],"default":null,"doc":"The topic of the record."},{"name":"partition","type":["null","int"],"default":null,"doc":"Its partition."},{"name":"offset","type":["null","long"],"default":null,"doc":"Its offset."},{"name":"eventId","type":["null","string"],"default":null,"doc":"The event."},{"name":"entityKey","type":["null","string"],"default":null,"doc":"The entity key as text."},{"name":"feature","type":["null","string"],"default":null,"doc":"The feature."},{"name":"reason","type":"string","doc":"What is wrong, and the cause as far as it is known."}]}},"doc":"The first of what was found."},{"name":"stores","type":"string","doc":"Names the stores that were checked; empty where it was not written down.","default":""},{"name":"nextBucket","type":["null","int"],"doc":"Of a parity pass that goes on: the bucket before which it has compared all. Of a conservation pass, offsets say that.","default":null}]},
} as const;
