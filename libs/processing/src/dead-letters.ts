import type { EventCodec, LogRecord, LogWriter } from '@millrace/event-log';
import { type EventId, namedEventId, topics } from '@millrace/events';
import type { Clock, MillraceError } from '@millrace/kernel';

/** Keeps records that could not be processed. */
export interface DeadLetters {
  /**
   * Writes records with the reasons why they could not be processed, and resolves when Kafka has them. A record's
   * dead letter always has the same id, whoever writes it and however often.
   *
   * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
   */
  write(letters: readonly { readonly record: LogRecord; readonly error: MillraceError }[]): Promise<void>;
}

/** The id of the dead letter of a record. */
export function deadLetterId({
  topic,
  partition,
  offset,
}: Pick<LogRecord, 'topic' | 'partition' | 'offset'>): EventId {
  return namedEventId('dead-letter', topic, String(partition), String(offset));
}

/** Dead letters on the `dead-letters` topic. */
export function deadLettersTo(log: LogWriter, codec: EventCodec, service: string, clock: Clock): DeadLetters {
  return {
    async write(letters) {
      const records = await Promise.all(
        letters.map(async ({ record, error }) => {
          const id = deadLetterId(record);
          const value = await codec.encode(topics.deadLetters.name, 'DeadLettered', {
            envelope: {
              eventId: id,
              eventTime: clock.now(),
              producer: { service, version: null, commit: null },
              traceparent: null,
            },
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            recordedAt: record.recordedAt,
            service,
            code: error.code,
            reason: error.message,
            key: record.key,
            value: record.value,
          });
          return { topic: topics.deadLetters.name, key: Buffer.from(id), value };
        }),
      );
      await log.append(records);
    },
  };
}
