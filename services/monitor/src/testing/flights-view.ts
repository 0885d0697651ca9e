import { asOfKey, namedEventId, packPosition } from '@millrace/events';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { formatInstant, type Micros } from '@millrace/kernel';

export const entity = defineEntity({ name: 'test_airport', keys: { airport: 'string' }, owner: 'test' });

/** A view with a feature of each sort that is watched. */
export function viewNamed(name: string) {
  return defineFeatureView({
    name,
    entity,
    ttl: null,
    owner: 'test',
    features: {
      delay: { type: 'double' },
      departures: { type: 'long' },
      carrier: { type: 'string' },
      is_hub: { type: 'bool' },
      gates: { type: { array: 'int' } },
    },
  }).definition;
}

/** A record of the log, as far as windows look at it. */
export interface TestRow {
  readonly id: string;
  readonly airport: string;
  readonly eventTime: Micros;
  readonly deleted: boolean;
  readonly delay: number | null;
  readonly departures: bigint | null;
  readonly carrier: string | null;
  readonly isHub: boolean | null;
  readonly gates: readonly number[] | null;
}

/** Where a record came to stand. */
export interface PlacedRow {
  readonly row: TestRow;
  readonly partition: number;
  readonly offset: bigint;
}

/** The row as ClickHouse reads it in JSON. */
export function storedRow({ row, partition, offset }: PlacedRow): Record<string, unknown> {
  return {
    event_id: namedEventId('test', row.id),
    event_time: clickHouseTime(row.eventTime),
    recorded_at: '2026-01-01 00:00:00.000',
    epoch: 0,
    partition,
    offset: String(offset),
    schema_id: 1,
    deleted: row.deleted,
    as_of_key: String(asOfKey(row.eventTime, packPosition({ epoch: 0, partition, offset }))),
    airport: row.airport,
    delay: row.delay === null || Number.isFinite(row.delay) ? row.delay : String(row.delay),
    departures: row.departures === null ? null : String(row.departures),
    carrier: row.carrier,
    is_hub: row.isHub,
    gates: row.gates ?? [],
    gates__present: row.gates !== null,
  };
}

/** An instant as ClickHouse reads it in JSON. */
export function clickHouseTime(micros: Micros): string {
  return formatInstant(micros).replace('T', ' ').replace('Z', '');
}

/** Gives every row its place: the partition by its airport, the offset by its turn. */
export function place(rows: readonly TestRow[], partitions: number): readonly PlacedRow[] {
  const next = new Map<number, bigint>();
  return rows.map((row) => {
    const partition = (row.airport.codePointAt(0) ?? 0) % partitions;
    const offset = next.get(partition) ?? 0n;
    next.set(partition, offset + 1n);
    return { row, partition, offset };
  });
}
