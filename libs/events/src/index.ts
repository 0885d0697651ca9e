export { type AvroResolver, type AvroSchema, type AvroType, compileAvro } from './avro.ts';
export { type EventId, isUuid, namedEventId, newEventId, parseEventId } from './event-id.ts';
export * from './generated/events.ts';
export { murmur2, partitionOf } from './murmur2.ts';
export {
  asOfKey,
  type LogPosition,
  type OffsetVector,
  packPosition,
  type Position,
  unpackPosition,
} from './position.ts';
export {
  describeKey,
  type EntityKey,
  KeyCodec,
  type KeyColumns,
  type KeyColumnType,
  keySchema,
  type KeyValue,
} from './record-key.ts';
export { featureTopic, subjectOf, topicConfig, type TopicSpec, topics, viewOfTopic } from './topics.ts';
export { frame, type Framed, PAYLOAD_AT, schemaIdOf, unframe } from './wire-format.ts';
