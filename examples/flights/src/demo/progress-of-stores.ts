import { formatInstant, parseInstant } from '@millrace/kernel';
import { z } from 'zod';
import { airportDepartures, routeDepartures } from '../definitions.ts';
import { type Minutes, toMicros } from '../minutes.ts';
import { LATENESS } from './monitors.ts';
import type { Output } from './progress.ts';
import { waitFor } from './wait.ts';
import type { World } from './world.ts';

/** A topic of the log and the table that holds its records as they came. */
export interface StoredTopic {
  readonly topic: string;
  readonly raw: string;
  /** The view that shows each event once. */
  readonly once: string;
}

const viewTopic = (view: string): StoredTopic => ({
  topic: `features.${view}`,
  raw: `features_${view}_raw`,
  once: `features_${view}`,
});

/** The topics that the airline writes. */
export const storedTopics: readonly StoredTopic[] = [
  viewTopic(airportDepartures.definition.name),
  viewTopic(routeDepartures.definition.name),
  { topic: 'predictions', raw: 'predictions_raw', once: 'predictions' },
  { topic: 'labels', raw: 'labels_raw', once: 'labels' },
];

/** How many records the log has of a topic. */
export async function recordsInLog({ log }: Pick<World, 'log'>, topic: string): Promise<number> {
  const spans = await log.spans(topic);
  return spans.reduce((sum, { first, next }) => sum + Number(next - first), 0);
}

/** How many records of a topic the offline store has, each counted once however often it was inserted. */
export async function recordsStored(
  { analyst }: Pick<World, 'analyst'>,
  { raw }: StoredTopic,
): Promise<number> {
  const sql = `SELECT uniqExact(partition, offset) AS records FROM ${raw}`;
  return (await analyst.row(z.object({ records: z.number() }), sql)).records;
}

/** Waits until the offline store has what the log has. */
export async function whenStored(world: World, output: Output): Promise<boolean> {
  const inLog = await total(storedTopics.map(({ topic }) => recordsInLog(world, topic)));
  const progress = output.progress('offline store', inLog, 'events');
  const stored = () => total(storedTopics.map((topic) => recordsStored(world, topic)));
  const done = await waitFor(stored, inLog, (value) => progress.update(value));
  progress.stop();
  return done;
}

/**
 * Waits until the monitor has closed every window that the flights let it close: those that end before the last
 * prediction, less the time that windows wait for late rows, and less an hour, because in a quiet hour not every
 * partition is written to.
 */
export async function whenWindowsClosed(
  { millrace }: World,
  { predictedAt, window }: { readonly predictedAt: Minutes; readonly window: Minutes },
  output: Output,
): Promise<boolean> {
  const goal = Math.floor((predictedAt - LATENESS - 60) / window) * window;
  output.line(`  waiting for windows up to ${formatInstant(toMicros(goal)).slice(0, 16)}`);
  const closedThrough = async () => {
    const watermarks = await millrace.windows.watermarks();
    const closed = watermarks.map((watermark) => minutesOf(watermark.closedThrough));
    const due = watermarks.map(
      (watermark) => Math.floor((minutesOf(watermark.watermark) - LATENESS) / window) * window,
    );
    const behind = closed.some((through, index) => through < (due[index] ?? 0));
    return behind || closed.length === 0 ? Math.min(goal - 1, ...closed) : Math.min(...closed);
  };
  return waitFor(closedThrough, goal);
}

function minutesOf(instant: string | null): Minutes {
  const parsed = instant === null ? undefined : parseInstant(instant);
  return parsed?.ok === true ? Number(parsed.value / 60_000_000n) : 0;
}

async function total(counts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
