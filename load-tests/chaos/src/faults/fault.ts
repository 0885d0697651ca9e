import type { Point } from '../proxy/traps.ts';

/** Faults of one lane come one after the other; the lanes run beside each other. */
export type Lane = 'online' | 'offline' | 'entry';

/** What a fault does. */
export interface FaultKind {
  readonly name: string;
  readonly lane: Lane;
  /** Whether a process is killed. */
  readonly kills: boolean;
  /** The moment that is waited for. */
  readonly point?: Point;
  /** How often it is chosen, beside the others that kill, or that do not. */
  readonly weight: number;
}

const kill = (name: string, lane: Lane, weight: number): FaultKind => ({ name, lane, kills: true, weight });
const trap = (name: Point, lane: Lane): FaultKind => ({ name, lane, kills: true, point: name, weight: 4 });
const hurt = (name: string, lane: Lane): FaultKind => ({ name, lane, kills: false, weight: 1 });

/** Every fault, the ones that a short run must have first. */
export const faultKinds = [
  trap('mid-insert', 'offline'),
  trap('inserted-not-recorded', 'offline'),
  trap('between-buckets', 'online'),
  trap('written-not-committed', 'online'),
  trap('acked-not-answered', 'entry'),
  trap('recorded-not-committed', 'offline'),
  trap('insert-under-way', 'offline'),
  kill('clickhouse', 'offline', 3),
  kill('redis: all lost', 'online', 2),
  kill('kafka', 'entry', 2),
  kill('redis: last second lost', 'online', 2),
  kill('schema registry', 'entry', 1),
  kill('redis', 'online', 1),
  kill('online projector', 'online', 4),
  kill('offline projector', 'offline', 4),
  kill('gateway', 'entry', 3),
  hurt('online projector frozen', 'online'),
  hurt('connections to ClickHouse reset', 'offline'),
  hurt('slow Redis', 'online'),
  hurt('an offline projector leaves and joins', 'offline'),
  hurt('connections to Kafka reset', 'entry'),
  hurt('offline projector frozen', 'offline'),
  hurt('connections to Redis reset', 'online'),
  hurt('slow ClickHouse', 'offline'),
  hurt('an online projector leaves and joins', 'online'),
  hurt('slow Kafka', 'entry'),
  hurt('disk full', 'entry'),
] as const satisfies readonly FaultKind[];

/** The faults of a run without protection: those that the plainest mistakes do not survive. */
export const controlKinds: readonly FaultKind[] = faultKinds.filter(({ name }) =>
  ['mid-insert', 'acked-not-answered', 'online projector', 'offline projector'].includes(name),
);

/** The name of a fault. */
export type FaultName = (typeof faultKinds)[number]['name'];

/** The names of all faults. */
export const faultNames: readonly FaultName[] = faultKinds.map(({ name }) => name);
