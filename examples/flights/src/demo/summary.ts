import { topics } from '@millrace/events';
import { BUCKETS } from '@millrace/online-store';
import { z } from 'zod';
import { LABEL, MODEL } from '../definitions.ts';
import { type Minutes, toMicros } from '../minutes.ts';
import type { DriftPoint } from './drift-points.ts';
import { recordsInLog, storedTopics } from './progress-of-stores.ts';
import type { World } from './world.ts';

/** What a person wants to know at the end. */
export interface Summary {
  readonly topics: readonly TopicCount[];
  /** Rows of each feature view in Redis: one for each entity. */
  readonly online: readonly { readonly view: string; readonly rows: number }[];
  readonly hours: readonly Hour[];
  readonly windows: readonly DriftPoint[];
  readonly requests: readonly RetrainingRequest[];
}

/** Events of one topic. */
export interface TopicCount {
  readonly topic: string;
  /** Records in the log. */
  readonly events: number;
  /** Rows that analysts see in ClickHouse; undefined for a topic that it does not keep. */
  readonly offline: number | undefined;
}

/** What was predicted and what came true, for the flights of one hour. */
export interface Hour {
  /** Seconds since 1970. */
  readonly start: number;
  readonly flights: number;
  readonly predicted: number;
  readonly observed: number;
}

const requestSchema = z.object({
  requestId: z.string(),
  policy: z.string(),
  model: z.string(),
  championVersion: z.string().nullable(),
  reason: z.string(),
  monitor: z.string(),
  windowStart: z.string(),
  windowEnd: z.string(),
  driftedShare: z.number(),
  threshold: z.number(),
  driftedFeatures: z.array(z.string()),
  labelsFrom: z.string().nullable(),
  labelsUntil: z.string().nullable(),
});

/** A retraining request, as the monitor answers it. */
export type RetrainingRequest = z.output<typeof requestSchema>;

/**
 * Asks Millrace for what there is to show.
 *
 * @param since the first windows to show: those of the warm-up would tell of nothing else.
 */
export async function summarise(world: World, since: Minutes): Promise<Summary> {
  const [topicCounts, online, hours, windows, requests] = await Promise.all([
    countTopics(world),
    countOnline(world),
    hoursOf(world),
    windowsOf(world, since),
    requestsOf(world),
  ]);
  return { topics: topicCounts, online, hours, windows, requests };
}

async function countTopics({ log, analyst }: World): Promise<TopicCount[]> {
  const views = new Map<string, string>([
    ...storedTopics.map(({ topic, once }): [string, string] => [topic, once]),
    [topics.models.name, 'releases'],
    [topics.driftWindows.name, 'drift_windows'],
    [topics.retraining.name, 'retraining'],
    [topics.deadLetters.name, 'dead_letters'],
  ]);
  const known = new Set<string>([...views.keys(), ...Object.values(topics).map(({ name }) => name)]);
  const names = (await log.topicNames()).filter((name) => known.has(name)).sort();
  const schema = z.object({ count: z.number() });
  return Promise.all(
    names.map(async (topic) => {
      const view = views.get(topic);
      const stored =
        view === undefined ? undefined : await analyst.row(schema, `SELECT count() AS count FROM ${view}`);
      return { topic, events: await recordsInLog({ log }, topic), offline: stored?.count };
    }),
  );
}

async function countOnline({ onlineStore }: World): Promise<Summary['online']> {
  const counts = new Map<string, number>();
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const { rows } = await onlineStore.readBucket(bucket);
    for (const { view } of rows) counts.set(view, (counts.get(view) ?? 0) + 1);
  }
  return [...counts].map(([view, rows]) => ({ view, rows })).sort((a, b) => a.view.localeCompare(b.view));
}

function hoursOf({ analyst }: World): Promise<Hour[]> {
  const schema = z.object({
    start: z.number(),
    flights: z.number(),
    predicted: z.number(),
    observed: z.number(),
  });
  return analyst.rows(
    schema,
    `SELECT toUnixTimestamp(toStartOfHour(p.event_time)) AS start, count() AS flights,
      avg(p.output_score) AS predicted, avg(l.value_number) AS observed
    FROM predictions AS p INNER JOIN labels AS l ON l.prediction_id = p.prediction_id
    WHERE p.model = {model:String} AND l.name = {label:String} GROUP BY start ORDER BY start`,
    { model: MODEL, label: LABEL },
  );
}

async function windowsOf({ millrace }: World, since: Minutes): Promise<DriftPoint[]> {
  const windows = await millrace.windows.list({ latest: true, from: toMicros(since) });
  return windows
    .map((window) => ({
      ...window,
      start: Date.parse(window.windowStart),
      end: Date.parse(window.windowEnd),
    }))
    .sort((a, b) => a.monitor.localeCompare(b.monitor) || a.start - b.start);
}

async function requestsOf({ addresses }: World): Promise<RetrainingRequest[]> {
  const answer = await fetch(`${addresses.services.monitor.url}/v1/retraining`);
  return z.object({ requests: z.array(requestSchema) }).parse(await answer.json()).requests;
}
