import { chanceOf } from '../random.ts';
import { keyOf, views } from './definitions.ts';

/** Where an event goes: a feature view, `predictions` or `labels`. */
export type Source = string;

/** The sources by their numbers in the ledger. */
export const sources: readonly Source[] = [...views.map(({ name }) => name), 'predictions', 'labels'];

/** An event as it is meant; what it is called in the log depends on the way that it takes. */
export interface MeantEvent {
  readonly n: number;
  readonly source: Source;
  /** Microseconds since 1970. */
  readonly eventTime: number;
  readonly entity: number;
  readonly deleted: boolean;
  /** As the gateway takes it. */
  readonly row: Readonly<Record<string, unknown>>;
}

const HOUR = 3_600_000_000;
/** All events of a run lie in so many hours, unless it sends more than it set out to. */
const HOURS = 12;
/** Entities of each view. */
export const ENTITIES = 600;

/**
 * The events of a run by their numbers. Their times go on, but a tenth is late by up to an hour, a sixth shares
 * its time with others of its entity, and one of forty deletes.
 */
export function eventsOf(
  seed: number,
  startMicros: number,
  events: number,
): (n: number, source: Source) => MeantEvent {
  const step = Math.floor((HOURS * HOUR) / events);
  return (n, source) => {
    const chance = chanceOf(seed ^ Math.imul(n + 1, 0x9e3779b1));
    const entity = chance.below(ENTITIES);
    const kind = chance.next();
    const late = kind < 0.1 ? chance.below(HOUR) : 0;
    const onTime = startMicros + ((n * step) % (2 * HOURS * HOUR)) - late;
    const eventTime = kind > 0.83 ? onTime - (onTime % 60_000_000) : onTime;
    const at = new Date(Math.floor(eventTime / 1000)).toISOString().replace('Z', `${micros(eventTime)}Z`);
    const deleted = chance.next() < 0.025 && views.some(({ name }) => name === source);
    const row = rowOf(source, n, entity, deleted, at);
    return { n, source, eventTime, entity, deleted, row };
  };
}

function rowOf(source: Source, n: number, entity: number, deleted: boolean, eventTime: string) {
  if (source === 'predictions') {
    return {
      eventTime,
      predictionId: `prediction-${n}`,
      model: 'chaos',
      modelVersion: '1',
      entityKey: { account_id: entity },
      output: { score: (n % 100) / 100 },
    };
  }
  if (source === 'labels') {
    return { eventTime, predictionId: `label-${n}`, name: 'paid', value: n % 2 === 0 };
  }
  const key = keyOf(source, entity);
  if (deleted) return { ...key, eventTime, deleted };
  return { ...key, eventTime, n, amount: (n % 9_973) / 7, tag: `t${n % 17}` };
}

function micros(eventTime: number): string {
  return String(eventTime % 1000).padStart(3, '0');
}
