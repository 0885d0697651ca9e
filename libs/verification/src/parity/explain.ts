import { describeKey, unpackPosition } from '@millrace/events';
import { formatInstant, MillraceError } from '@millrace/kernel';
import { identifier } from '@millrace/offline-store';
import type { OnlineRow } from '@millrace/online-store';
import { z } from 'zod';
import type { Difference, Origin } from '../difference.ts';
import { type Place, recordsAt } from '../log-records.ts';
import type { VerificationParts } from '../parts.ts';
import { rowsOf } from '../query.ts';
import type { BinaryRow, RowFormat } from '../row-binary/row-format.ts';
import type { ViewComparer } from './compare-view.ts';
import { describePlace, isNewer, type OfflineRow, type Suspect } from './suspect.ts';
import { type Witness, WitnessBox } from './witness.ts';

/**
 * Finds what is wrong with suspects of one view, and why, by asking the log for the records that their rows come from.
 *
 * @throws MillraceError LOG_UNAVAILABLE, STORE_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export async function explainSuspects(
  parts: Pick<VerificationParts, 'log' | 'clickhouse'>,
  comparer: ViewComparer,
  suspects: readonly Suspect[],
): Promise<readonly Difference[]> {
  const places = suspects.flatMap(({ online, offline }): Place[] =>
    [online, offline].flatMap((row) => (row === undefined ? [] : [unpackPosition(row.position)])),
  );
  const records = await recordsAt(parts.log, comparer.view.topic, places);
  const box = new WitnessBox(comparer, records);
  const differences: Difference[] = [];
  for (const suspect of suspects) differences.push(...(await explain(parts, comparer, box, suspect)));
  return differences;
}

/** What is particular to one of the differences of a suspect. */
type Finding = Pick<Difference, 'kind' | 'store' | 'column' | 'origin' | 'cause'>;

async function explain(
  parts: Pick<VerificationParts, 'clickhouse'>,
  comparer: ViewComparer,
  box: WitnessBox,
  suspect: Suspect,
): Promise<readonly Difference[]> {
  const { online, offline } = suspect;
  const { topic } = comparer.view;
  const onlineSays = online === undefined ? undefined : await box.online(online);
  const offlineSays = offline === undefined ? undefined : await box.offline(suspect.key, offline);
  const found = [
    ...untrueRow('online', topic, online, onlineSays),
    ...untrueRow('offline', topic, offline, offlineSays),
  ];
  if (suspect.isAhead !== true) {
    if (isLogged(offlineSays) && comesAfter(offline, online)) found.push(lostOnline(topic, offline, online));
    if (isLogged(onlineSays) && comesAfter(online, offline))
      found.push(await lostOffline(parts, comparer, online));
    if (found.length === 0) found.push(unexplained(topic, suspect));
  }
  const columns = [...suspect.columns, ...columnsOf(onlineSays), ...columnsOf(offlineSays)];
  const shown = common(comparer, suspect, columns);
  return found.map((finding) => ({ ...shown, ...finding }));
}

/** Whether the log has the event of a row, even if not all of its values. */
function isLogged(says: Witness | undefined): boolean {
  return says !== undefined && says.is !== 'not-logged';
}

/** Whether a store has a row that comes after the other's, or the only one. */
function comesAfter<R extends Pick<OnlineRow, 'eventTime' | 'position'>>(
  row: R | undefined,
  other: Pick<OnlineRow, 'eventTime' | 'position'> | undefined,
): row is R {
  if (row === undefined) return false;
  return other === undefined || (row.position !== other.position && isNewer(row, other));
}

/** A row that is not what the log has at its origin. */
function untrueRow(
  store: 'online' | 'offline',
  topic: string,
  row: Pick<OfflineRow, 'position' | 'eventId'> | undefined,
  says: Witness | undefined,
): Finding[] {
  if (row === undefined || says === undefined || says.is === 'as-logged') return [];
  const at = describePlace(topic, row.position);
  const origin = originOf(topic, row);
  if (says.is === 'not-logged') {
    const cause = `${names[store]} has a row that the log does not have at ${at}: ${says.why}`;
    return [{ kind: 'unknown', store, column: null, origin, cause }];
  }
  const cause = `${names[store]} has a value that the log does not have at ${at}`;
  return [{ kind: 'differing', store, column: says.columns.join(', '), origin, cause }];
}

function lostOnline(topic: string, offline: OfflineRow, online: OnlineRow | undefined): Finding {
  const at = describePlace(topic, offline.position);
  return {
    kind: 'lost',
    store: 'online',
    column: null,
    origin: originOf(topic, offline),
    cause:
      online === undefined ? `Redis lacks the record at ${at}` : `Redis missed the newer record at ${at}`,
  };
}

async function lostOffline(
  parts: Pick<VerificationParts, 'clickhouse'>,
  comparer: ViewComparer,
  online: OnlineRow,
): Promise<Finding> {
  const { topic } = comparer.view;
  const copy = await laterCopyOf(parts, comparer, online);
  return {
    kind: copy === undefined ? 'lost' : 'differing',
    store: copy === undefined ? 'offline' : 'online',
    column: null,
    origin: originOf(topic, online),
    cause: copy ?? `ClickHouse lacks the record at ${describePlace(topic, online.position)}`,
  };
}

function unexplained(topic: string, { online, columns }: Suspect): Finding {
  return {
    kind: 'differing',
    store: 'both',
    column: columns.length === 0 ? null : columns.join(', '),
    origin: online === undefined ? null : originOf(topic, online),
    cause:
      'the stores differ, and each row is in the log: a row changed while it was looked at, or the rule is broken',
  };
}

const names = { online: 'Redis', offline: 'ClickHouse' } as const;

function columnsOf(says: Witness | undefined): readonly string[] {
  return says?.is === 'differs' ? says.columns : [];
}

function common(comparer: ViewComparer, { key, online, offline }: Suspect, columns: readonly string[]) {
  const { view, format } = comparer;
  const wanted = [...new Set(columns)];
  const image = online === undefined || online.value === null ? undefined : comparer.imageOf(online);
  return {
    subject: view.definition.name,
    entityKey: keyText(comparer, key),
    online:
      online === undefined
        ? 'no row'
        : rowText(view.topic, online, online.value === null, cells(image, image?.format, wanted)),
    offline:
      offline === undefined
        ? 'no row'
        : rowText(view.topic, offline, offline.deleted, cells(offline.row, format, wanted)),
  };
}

function keyText({ view }: ViewComparer, key: Buffer): string {
  try {
    return describeKey(view.keyCodec.decode(key));
  } catch (error) {
    if (error instanceof MillraceError) return `0x${key.toString('hex')}`;
    throw error;
  }
}

function rowText(
  topic: string,
  { eventTime, position }: Pick<OnlineRow, 'eventTime' | 'position'>,
  deleted: boolean,
  values: readonly string[],
): string {
  const place = describePlace(topic, position);
  return [`${deleted ? 'deleted ' : ''}${timeText(eventTime)} from ${place}`, ...values].join(', ');
}

function timeText(eventTime: bigint): string {
  try {
    return formatInstant(eventTime);
  } catch {
    return `${eventTime} µs`;
  }
}

const MOST_SHOWN = 120;

function cells(
  row: BinaryRow | undefined,
  format: RowFormat | undefined,
  wanted: readonly string[],
): readonly string[] {
  if (row === undefined || format === undefined) return [];
  return wanted.flatMap((name) => {
    const index = format.indexOf(name);
    if (index === undefined) return [];
    const text = format.show(row, index);
    return [`${name}=${text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text}`];
  });
}

function originOf(topic: string, { position, eventId }: Pick<OfflineRow, 'position' | 'eventId'>): Origin {
  const { partition, offset } = unpackPosition(position);
  return { topic, partition, offset, eventId };
}

const placeSchema = z.object({ partition: z.number(), offset: z.coerce.bigint() });

/** Says so when the offline store has the record, as a later copy of its event. */
async function laterCopyOf(
  { clickhouse }: Pick<VerificationParts, 'clickhouse'>,
  { view, rows }: ViewComparer,
  row: OnlineRow,
): Promise<string | undefined> {
  const name = view.definition.name;
  const stored = await rowsOf(
    clickhouse,
    `the records of an event of ${name}`,
    placeSchema,
    `SELECT DISTINCT partition, offset FROM ${identifier(rows)}
     WHERE event_id = {id: UUID} AND epoch = {epoch: UInt8} ORDER BY offset, partition LIMIT 1000`,
    { id: row.eventId, epoch: view.epoch },
  );
  const at = unpackPosition(row.position);
  const [first] = stored;
  const isStored = stored.some((each) => each.partition === at.partition && each.offset === at.offset);
  if (first === undefined || !isStored || (first.partition === at.partition && first.offset === at.offset))
    return undefined;
  return `Redis has a later copy of the event, which counts from ${view.topic}/${first.partition}@${first.offset} only, with another entity key or event time`;
}
