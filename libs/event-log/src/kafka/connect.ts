import { type Running, startTogether } from '@millrace/kernel';
import type { EventLog } from '../port.ts';
import { kafkaAdmin } from './admin.ts';
import type { KafkaConfig } from './config.ts';
import { type KafkaLogger, openConnection } from './connection.ts';
import { startConsuming } from './consume.ts';
import { startFollowing } from './follow.ts';
import { startWriter } from './writer.ts';

/** How to connect to Kafka. */
export interface ConnectKafkaOptions {
  /** The name under which brokers see this process. */
  readonly clientId: string;
  readonly config: KafkaConfig;
  /** Takes what the client has to say. @default warnings and errors as lines of JSON on stderr */
  readonly log?: KafkaLogger;
}

/**
 * The event log on Kafka.
 *
 * @throws MillraceError LOG_UNAVAILABLE when no broker answers.
 */
export function connectKafka({
  clientId,
  config,
  log = toStderr,
}: ConnectKafkaOptions): Promise<Running<EventLog>> {
  return startTogether(async (starter) => {
    const connection = await starter.start(() => openConnection(clientId, config, log));
    const writer = await starter.start(() => startWriter(connection));
    return {
      ...kafkaAdmin(connection),
      append: (records) => writer.append(records),
      consume: (options) => startConsuming(connection, options),
      follow: (options) => startFollowing(connection, options),
    };
  });
}

const toStderr: KafkaLogger = (level, message, details) => {
  process.stderr.write(`${JSON.stringify({ level, message, ...details })}\n`);
};
