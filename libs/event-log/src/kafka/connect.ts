import { type Running, startTogether, systemClock, systemTimers } from '@millrace/kernel';
import type { EventLog, LogScanner } from '../port.ts';
import { kafkaAdmin } from './admin.ts';
import type { KafkaConfig } from './config.ts';
import { type KafkaLogger, openConnection } from './connection.ts';
import { startConsuming } from './consume.ts';
import { startFollowing } from './follow.ts';
import { kafkaGroupMember } from './group-member.ts';
import { scanLog } from './scan.ts';
import { readSpans } from './spans.ts';
import { startWriter } from './writer.ts';

/** How to connect to Kafka. */
export interface ConnectKafkaOptions {
  /** The name under which brokers see this process. */
  readonly clientId: string;
  readonly config: KafkaConfig;
  /** Takes what the client has to say. @default warnings and errors as lines of JSON on stderr */
  readonly log?: KafkaLogger;
  /** How often a request is tried again within the client, before consumers and followers start anew. @default 10 */
  readonly retries?: number;
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
  retries,
}: ConnectKafkaOptions): Promise<Running<EventLog & LogScanner>> {
  return startTogether(async (starter) => {
    const connection = await starter.start(() => openConnection(clientId, config, log, retries));
    const writer = await starter.start(() => startWriter(connection));
    return {
      ...kafkaAdmin(connection),
      append: (records) => writer.append(records),
      consume: (options) =>
        startConsuming(
          {
            join: async () =>
              kafkaGroupMember(connection, options, await connection.partitionCount(options.topic)),
            spans: () => readSpans(connection, options.topic),
            timers: systemTimers,
            clock: systemClock,
            sessionTimeoutMs: connection.config.kafkaSessionTimeoutMs,
          },
          options,
        ),
      follow: (options) => startFollowing(connection, options),
      scan: (topic, stretches, onRecords) => scanLog(connection, topic, stretches, onRecords),
    };
  });
}

const toStderr: KafkaLogger = (level, message, details) => {
  process.stderr.write(`${JSON.stringify({ level, message, ...details })}\n`);
};
