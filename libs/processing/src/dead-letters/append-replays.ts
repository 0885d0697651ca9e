import type {
  AppendedAt,
  EventCodec,
  LogAdmin,
  LogRecord,
  LogScanner,
  LogWriter,
  PartitionSpan,
  RecordToReplay,
} from '@millrace/event-log';
import { type DeadLettered, type EventId, topics } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import type { DeadLetterPlace } from './outcome.ts';

/** What appending replays needs. */
export interface AppendReplaysDependencies {
  readonly log: LogWriter & LogScanner & Pick<LogAdmin, 'read'>;
  readonly codec: EventCodec;
}

/** Where each record stands now; or why it was not appended. */
export type AppendedReplays = ReadonlyMap<EventId, AppendedAt | MillraceError>;

/**
 * Appends the records of dead letters once more: key and value unchanged, each to the topic and partition that it was
 * in, in the order in which it was there.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export async function appendReplays(
  letters: readonly DeadLetterPlace[],
  { log, codec }: AppendReplaysDependencies,
): Promise<AppendedReplays> {
  const results = new Map<EventId, AppendedAt | MillraceError>();
  if (letters.length === 0) return results;
  const found = await lettersAt(letters, log, codec);
  const records: RecordToReplay[] = [];
  for (const { id } of letters) {
    const letter = found.get(id);
    const record = letter === undefined ? undefined : letter.cut ? await log.read(letter) : letter;
    if (letter === undefined || record === undefined) {
      results.set(id, new MillraceError('LOG_TRUNCATED', `the log has the record of ${id} no more`));
      continue;
    }
    const { topic, partition } = letter;
    records.push({ topic, partition, key: record.key, value: record.value, replayOf: id });
  }
  const offsetOf = ({ replayOf }: RecordToReplay) => found.get(replayOf)?.offset ?? 0n;
  records.sort((a, b) => (offsetOf(a) < offsetOf(b) ? -1 : 1));
  const outcomes = await appendEach(records, log);
  records.forEach(({ replayOf }, index) => {
    const outcome = outcomes[index];
    if (outcome !== undefined) results.set(replayOf, outcome);
  });
  return results;
}

/** All at once; where Kafka refuses one of them for what it is, each alone, so that it holds no other up. */
async function appendEach(
  records: readonly RecordToReplay[],
  log: LogWriter,
): Promise<readonly (AppendedAt | MillraceError)[]> {
  try {
    return await log.append(records);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const outcomes: (AppendedAt | MillraceError)[] = [];
    for (const record of records) {
      try {
        outcomes.push(...(await log.append([record])));
      } catch (refused) {
        if (!isRefusal(refused)) throw refused;
        outcomes.push(refused);
      }
    }
    return outcomes;
  }
}

function isRefusal(error: unknown): error is MillraceError {
  return error instanceof MillraceError && !error.retry;
}

/** The dead letters as the log has them: a replay rests on nothing else. */
async function lettersAt(
  letters: readonly DeadLetterPlace[],
  log: LogScanner,
  codec: EventCodec,
): Promise<ReadonlyMap<EventId, DeadLettered>> {
  const wanted = new Map(letters.map(({ id, offset }) => [offset, id]));
  const found = new Map<EventId, DeadLettered>();
  const take = async ({ offset, value }: LogRecord) => {
    const id = wanted.get(offset);
    const decoded = id === undefined ? undefined : await codec.decodeIfEvent(value);
    if (id !== undefined && decoded?.name === 'DeadLettered') found.set(id, decoded.event);
  };
  await log.scan(topics.deadLetters.name, stretchesOf([...wanted.keys()]), async (records) => {
    for (const record of records) await take(record);
  });
  return found;
}

/** Offsets that lie no further apart than this are read in one go. */
const NEAR = 500n;

function stretchesOf(offsets: readonly bigint[]): readonly PartitionSpan[] {
  const stretches: { readonly partition: number; readonly first: bigint; next: bigint }[] = [];
  for (const offset of offsets.toSorted((a, b) => (a < b ? -1 : 1))) {
    const before = stretches.at(-1);
    if (before !== undefined && offset - before.next < NEAR) before.next = offset + 1n;
    else stretches.push({ partition: 0, first: offset, next: offset + 1n });
  }
  return stretches;
}
