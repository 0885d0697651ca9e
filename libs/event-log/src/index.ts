export { EventCodec, type LifecycleEvent, type LifecycleEventName, type LifecycleEvents } from './codec.ts';
export {
  connectSchemaRegistry,
  type SchemaRegistryConfig,
  schemaRegistryConfigShape,
} from './confluent/connect.ts';
export { type KafkaConfig, kafkaConfig, kafkaConfigShape } from './kafka/config.ts';
export { connectKafka, type ConnectKafkaOptions } from './kafka/connect.ts';
export type {
  AppendedAt,
  ConsumeOptions,
  EventLog,
  Follower,
  FollowOptions,
  LogAdmin,
  LogReader,
  LogRecord,
  LogRecords,
  LogScanner,
  LogWriter,
  PartitionBatch,
  PartitionSpan,
  RecordToAppend,
  RecordToReplay,
} from './port.ts';
export type { SchemaRegistry } from './schema-registry.ts';
