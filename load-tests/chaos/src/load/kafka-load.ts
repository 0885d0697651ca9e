import { setTimeout as delay } from 'node:timers/promises';
import type { LogWriter, RecordToAppend } from '@millrace/event-log';
import { featureTopic } from '@millrace/events';
import { compileRowEncoder, encodeSource, type RowEncoder } from '@millrace/feature-registry/row';
import type { Catalog } from '@millrace/feature-registry';
import { MillraceError, systemClock } from '@millrace/kernel';
import type { Chance } from '../random.ts';
import { views } from './definitions.ts';
import type { MeantEvent, Source } from './events.ts';
import { directId, type Ledger } from './ledger.ts';
import { malformedRecord } from './malformed.ts';
import type { Quota } from './quota.ts';

/** How to write straight to Kafka. */
export interface KafkaLoadOptions {
  readonly log: LogWriter;
  readonly catalog: Catalog;
  readonly chance: Chance;
  readonly quota: Quota;
  readonly ledger: Ledger;
  readonly eventOf: (n: number, source: Source) => MeantEvent;
  readonly signal: AbortSignal;
}

const MOST_ROWS = 300;
/** Enough that each partition gets more rows in one piece than one call of the online store takes. */
const BURST_ROWS = 1_600;
const KEPT_FOR_COPIES = 4_000;

/**
 * Records of several views, appended until acknowledged; some are appended once more later, between others, and
 * some are malformed. Resolves when the quota is over.
 */
export async function loadKafka(options: KafkaLoadOptions): Promise<void> {
  const { quota, ledger, chance, signal } = options;
  const encoderOf = encodersOf(options.catalog);
  const kept: RecordToAppend[] = [];
  while (!signal.aborted) {
    const isBurst = chance.next() < 0.3;
    const count = isBurst ? BURST_ROWS : 1 + chance.below(MOST_ROWS);
    if (!(await quota.take(count))) return;
    const first = ledger.reserve(count);
    const view = chance.pick(views).name;
    const records = Array.from({ length: count }, (_, index) => {
      const source = isBurst ? view : chance.pick(views).name;
      const event = options.eventOf(first + index, source);
      ledger.sent(event, -1);
      return recordOf(event, encoderOf(source));
    });
    const copies =
      kept.length > 0 ? records.flatMap(() => (chance.next() < 0.03 ? [chance.pick(kept)] : [])) : [];
    const malformed = chance.next() < 0.2 ? [malformedRecord(featureTopic(view), chance)] : [];
    await untilAcknowledged(options, chance.shuffle([...records, ...copies, ...malformed]));
    ledger.acknowledge(first, count);
    ledger.copies += copies.length;
    ledger.malformed += malformed.length;
    for (const record of records) {
      if (kept.length < KEPT_FOR_COPIES) kept.push(record);
      else if (chance.next() < 0.05) kept[chance.below(kept.length)] = record;
    }
  }
}

async function untilAcknowledged(
  { log, signal, ledger }: KafkaLoadOptions,
  records: readonly RecordToAppend[],
): Promise<void> {
  for (;;) {
    try {
      await log.append(records);
      return;
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retry || signal.aborted) throw error;
      ledger.retries += 1;
      await delay(200);
    }
  }
}

function recordOf({ n, source, row }: MeantEvent, encoder: RowEncoder): RecordToAppend {
  const encoded = encoder.encode(row, 0, {
    source: producer,
    latest: systemClock.now(),
    eventId: () => directId(n),
  });
  if (!encoded.ok)
    throw new MillraceError('INTERNAL', `the load made a bad row: ${encoded.error[0]?.message}`);
  return { topic: featureTopic(source), key: encoded.value.key, value: encoded.value.value };
}

const producer = encodeSource({ service: 'chaos-direct', version: null, commit: null }, null);

function encodersOf(catalog: Catalog): (view: string) => RowEncoder {
  const made = new Map<string, RowEncoder>();
  return (name) => {
    const known = made.get(name) ?? compileRowEncoder(catalog.view(name));
    made.set(name, known);
    return known;
  };
}
