import type { EventId } from '@millrace/events';
import { z } from 'zod';
import type { ClickHouse } from '../io/stores.ts';

/** The states that can be asked for. */
export const deadLetterStates = ['open', 'replayed', 'discarded', 'all'] as const;

/** Which dead letters. */
export interface DeadLetterFilter {
  readonly topic?: string | undefined;
  readonly code?: string | undefined;
  readonly state: (typeof deadLetterStates)[number];
  /** Recorded at or after this time. */
  readonly since?: string | undefined;
}

const eventId = z.custom<EventId>((value) => typeof value === 'string');
const nullableNumber = z.coerce.number().nullable();

const letterSchema = z.object({
  id: eventId,
  state: z.enum(['open', 'replayed', 'discarded']),
  topic: z.string(),
  partition: z.coerce.number(),
  offset: z.coerce.bigint(),
  recordedAt: z.string(),
  service: z.string(),
  code: z.string(),
  reason: z.string(),
  replayOf: z.string().nullable(),
  resolvedAt: z.string().nullable(),
  resolvedBy: z.string(),
  resolutionReason: z.string(),
  replayedPartition: nullableNumber,
  replayedOffset: z.coerce.bigint().nullable(),
});

/** A dead letter as the view `dead_letters` shows it. */
export type ListedDeadLetter = z.infer<typeof letterSchema>;

const COLUMNS = `event_id AS id, state, source_topic AS topic, source_partition AS partition,
  source_offset AS offset, formatDateTime(source_recorded_at, '%Y-%m-%dT%H:%i:%SZ', 'UTC') AS recordedAt, service, code, reason,
  replay_of AS replayOf, formatDateTime(resolved_at, '%Y-%m-%dT%H:%i:%SZ', 'UTC') AS resolvedAt, resolved_by AS resolvedBy,
  resolution_reason AS resolutionReason, replayed_partition AS replayedPartition, replayed_offset AS replayedOffset`;

/** The newest dead letters that fit. */
export function listDeadLetters(
  client: ClickHouse,
  filter: DeadLetterFilter,
  limit: number,
): Promise<readonly ListedDeadLetter[]> {
  const { where, params } = conditions(filter);
  return asked(
    client,
    `SELECT ${COLUMNS} FROM dead_letters AS letters WHERE ${where}
     ORDER BY letters.recorded_at DESC, letters.offset DESC LIMIT ${limit}`,
    params,
    letterSchema,
  );
}

const foundSchema = z.object({ id: eventId, offset: z.coerce.bigint(), bytes: z.coerce.number() });

/** A dead letter as far as commands need it: where it stands in `dead-letters`, and how large its record is. */
export type FoundDeadLetter = z.infer<typeof foundSchema>;

const FOUND = "event_id AS id, letters.offset AS offset, length(ifNull(value, '')) AS bytes";

/** All dead letters that fit, the oldest first. */
export function findDeadLetters(
  client: ClickHouse,
  filter: DeadLetterFilter,
): Promise<readonly FoundDeadLetter[]> {
  const { where, params } = conditions(filter);
  return asked(
    client,
    `SELECT ${FOUND} FROM dead_letters AS letters WHERE ${where} ORDER BY letters.offset`,
    params,
    foundSchema,
  );
}

/** Those of some dead letters that the offline store has, the oldest first. */
export function findById(client: ClickHouse, ids: readonly EventId[]): Promise<readonly FoundDeadLetter[]> {
  return asked(
    client,
    `SELECT ${FOUND} FROM dead_letters AS letters WHERE event_id IN {ids: Array(UUID)} ORDER BY letters.offset`,
    { ids },
    foundSchema,
  );
}

const wholeSchema = letterSchema.extend({
  key: z.string().nullable(),
  value: z.string().nullable(),
  cut: z.boolean(),
});

/** A dead letter with its record, in base64. */
export type WholeDeadLetter = z.infer<typeof wholeSchema>;

/** One dead letter with its record; undefined when the offline store has none with this id. */
export async function readDeadLetter(client: ClickHouse, id: EventId): Promise<WholeDeadLetter | undefined> {
  const [letter] = await asked(
    client,
    `SELECT ${COLUMNS}, cut, if(isNull(letters.key), NULL, base64Encode(assumeNotNull(letters.key))) AS key,
     if(isNull(letters.value), NULL, base64Encode(assumeNotNull(letters.value))) AS value
     FROM dead_letters AS letters WHERE event_id = {id: UUID}`,
    { id },
    wholeSchema,
  );
  return letter;
}

/** The dead letters that replays of one became. */
export function replaysOf(client: ClickHouse, id: EventId): Promise<readonly ListedDeadLetter[]> {
  return asked(
    client,
    `SELECT ${COLUMNS} FROM dead_letters AS letters WHERE replay_of = {id: UUID} ORDER BY letters.offset`,
    { id },
    letterSchema,
  );
}

function conditions({ topic, code, state, since }: DeadLetterFilter) {
  const terms = [
    ...(topic === undefined ? [] : ['source_topic = {topic: String}']),
    ...(code === undefined ? [] : ['code = {code: String}']),
    ...(state === 'all' ? [] : ['state = {state: String}']),
    ...(since === undefined ? [] : ['letters.recorded_at >= parseDateTime64BestEffort({since: String}, 3)']),
  ];
  return { where: terms.length === 0 ? 'true' : terms.join(' AND '), params: { topic, code, state, since } };
}

async function asked<S extends z.ZodType>(
  client: ClickHouse,
  query: string,
  params: Readonly<Record<string, unknown>>,
  schema: S,
): Promise<readonly z.output<S>[]> {
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
  const answer = await client.query({ query, query_params: given, format: 'JSONEachRow' });
  return z.array(schema).parse(await answer.json());
}
