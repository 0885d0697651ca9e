import { packPosition } from '@millrace/events';
import type { CaseAnswer, CaseQuestion, CaseRecord, CaseSpineRow } from './model.ts';

/**
 * The point-in-time rule, word for word and without any cleverness: for each spine row every record is looked at.
 * What stores answer is held against it.
 */
export function pointInTimeOracle(question: CaseQuestion): readonly Readonly<Record<string, CaseAnswer>>[] {
  const records = firstCopies(question.records.filter((record) => isKnown(question, record)));
  return question.spine.map((row) => {
    const newest = newestOf(question, records, row);
    return Object.fromEntries(
      Object.keys(question.features).map((feature) => [feature, answer(question, newest, row, feature)]),
    );
  });
}

function isKnown({ known }: CaseQuestion, { partition, offset }: CaseRecord): boolean {
  return known === undefined || offset <= (known[String(partition)] ?? -1n);
}

/** Of several records with one event id, only the first in the log counts. */
function firstCopies(records: readonly CaseRecord[]): readonly CaseRecord[] {
  return records.filter(
    (record) =>
      !records.some((other) => other.eventId === record.eventId && position(other) < position(record)),
  );
}

function newestOf(
  { strict, keys }: CaseQuestion,
  records: readonly CaseRecord[],
  row: CaseSpineRow,
): CaseRecord | undefined {
  let newest: CaseRecord | undefined;
  for (const record of records) {
    const sameKey = Object.keys(keys).every((column) => record.key[column] === row.key[column]);
    const inTime = strict === true ? record.eventTime < row.time : record.eventTime <= row.time;
    if (sameKey && inTime && (newest === undefined || isLater(record, newest))) newest = record;
  }
  return newest;
}

function isLater(a: CaseRecord, b: CaseRecord): boolean {
  return a.eventTime === b.eventTime ? position(a) > position(b) : a.eventTime > b.eventTime;
}

function answer(
  { ttl }: CaseQuestion,
  newest: CaseRecord | undefined,
  row: CaseSpineRow,
  feature: string,
): CaseAnswer {
  if (newest === undefined || newest.values === null) return { status: 'NOT_FOUND', value: null };
  if (ttl !== null && newest.eventTime < row.time - ttl) return { status: 'OUTSIDE_MAX_AGE', value: null };
  const value = newest.values[feature];
  if (value === undefined) return { status: 'NOT_FOUND', value: null };
  return value === null ? { status: 'NULL_VALUE', value } : { status: 'PRESENT', value };
}

function position({ partition, offset }: CaseRecord): bigint {
  return packPosition({ epoch: 0, partition, offset });
}
