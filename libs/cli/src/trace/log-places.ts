import type { EventLog } from '@millrace/event-log';
import { unframe } from '@millrace/events';
import { formatInstant } from '@millrace/kernel';

/** A record as the log itself has it. */
export interface LogPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** False when the log has nothing there. */
  readonly found: boolean;
  readonly recordedAt?: string;
  readonly schemaId?: number;
  readonly bytes?: number;
}

/** Looks records up in the log, each place once. */
export async function lookUp(
  log: EventLog,
  places: readonly { readonly topic: string; readonly partition: number; readonly offset: bigint }[],
): Promise<readonly LogPlace[]> {
  const unique = new Map(
    places.map(({ topic, partition, offset }) => [
      `${topic}/${partition}@${offset}`,
      { topic, partition, offset },
    ]),
  );
  return Promise.all(
    [...unique.values()].map(async (at): Promise<LogPlace> => {
      const record = await log.read(at);
      if (record === undefined) return { ...at, found: false };
      const schemaId = record.value === null ? undefined : unframe(record.value)?.schemaId;
      return {
        ...at,
        found: true,
        recordedAt: formatInstant(record.recordedAt),
        bytes: record.value?.length ?? 0,
        ...(schemaId === undefined ? {} : { schemaId }),
      };
    }),
  );
}
