import type { EventCodec, LogRecord, LogWriter } from '@millrace/event-log';
import { type DeadLettered, type EventId, namedEventId, topics } from '@millrace/events';
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

const KEY_BYTES = 64 * 1024;
/** As much as other topics take by default. What is compressed, or stands in `dead-letters` itself, can be larger. */
const VALUE_BYTES = 1024 * 1024;

/** Key and value as far as a dead letter has room for them: one that the broker refused would hold its partition up for ever. */
function kept({ key, value }: LogRecord): Pick<DeadLettered, 'key' | 'value' | 'cut'> {
  return {
    key: key?.subarray(0, KEY_BYTES) ?? null,
    value: value?.subarray(0, VALUE_BYTES) ?? null,
    cut: (key?.length ?? 0) > KEY_BYTES || (value?.length ?? 0) > VALUE_BYTES,
  };
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
            reason: reasonOf(record, error),
            ...kept(record),
            replayOf: record.replayOf ?? null,
          });
          return { topic: topics.deadLetters.name, key: Buffer.from(id), value };
        }),
      );
      await log.append(records);
    },
  };
}

const REASON_CHARACTERS = 10_000;

function reasonOf({ value }: LogRecord, { message }: MillraceError): string {
  const reason = message.slice(0, REASON_CHARACTERS);
  return value === null || value.length <= VALUE_BYTES
    ? reason
    : `${reason} (only the first ${VALUE_BYTES} of ${value.length} bytes are kept here)`;
}
