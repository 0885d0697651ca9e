import { z } from 'zod';
import type { DriftWindowClosed, OffsetVector, PartitionOffset, RetrainingRequested } from '@millrace/events';
import { formatDuration, formatInstant, type Micros } from '@millrace/kernel';
import type { Monitor } from './monitor.ts';
import { offsetVector } from './offsets.ts';
import type { MonitorStatus } from './watch.ts';

const instant = z.string().describe('ISO 8601 in UTC, to the microsecond.');
const period = z.object({ start: instant, end: instant });
const positions = z
  .record(z.string(), z.record(z.string(), z.number()))
  .describe('Offsets by topic and partition; all at or below them are known.');

/** One revision of a window, in JSON. */
export const windowAnswer = z.object({
  monitor: z.string(),
  subjectKind: z.string(),
  subject: z.string(),
  windowStart: instant,
  windowEnd: instant,
  revision: z.number(),
  reason: z.string(),
  eventId: z.string(),
  rows: z.number(),
  reference: period.extend({ rows: z.number() }),
  driftedShare: z.number(),
  features: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      rows: z.number(),
      nulls: z.number(),
      nullShare: z.number(),
      referenceNullShare: z.number(),
      psi: z.number().nullable(),
      drifted: z.boolean(),
      bins: z.array(z.string()),
      counts: z.array(z.number()),
      referenceCounts: z.array(z.number()),
      tests: z.array(
        z.object({
          name: z.string(),
          statistic: z.number().nullable(),
          pValue: z.number().nullable(),
          threshold: z.number(),
          drifted: z.boolean(),
        }),
      ),
    }),
  ),
  change: z
    .object({
      previousResultHash: z.string(),
      previousRows: z.number(),
      previousDriftedShare: z.number(),
      nowDrifted: z.array(z.string()),
      noLongerDrifted: z.array(z.string()),
    })
    .nullable()
    .describe('What this revision changed against the one before.'),
  positions,
  resultHash: z.string(),
});

/** A window as it is answered. */
export function answerWindow(event: DriftWindowClosed): z.output<typeof windowAnswer> {
  const { change } = event;
  return {
    monitor: event.monitor,
    subjectKind: event.subjectKind,
    subject: event.subject,
    windowStart: formatInstant(event.windowStart),
    windowEnd: formatInstant(event.windowEnd),
    revision: event.revision,
    reason: event.reason,
    eventId: event.envelope.eventId,
    rows: Number(event.rows),
    reference: {
      ...answerPeriod({ start: event.referenceStart, end: event.referenceEnd }),
      rows: Number(event.referenceRows),
    },
    driftedShare: event.driftedShare,
    features: event.features.map((feature) => ({
      ...feature,
      rows: Number(feature.rows),
      nulls: Number(feature.nulls),
      bins: [...feature.bins],
      counts: feature.counts.map(Number),
      referenceCounts: feature.referenceCounts.map(Number),
      tests: feature.tests.map((test) => ({ ...test })),
    })),
    change:
      change === null
        ? null
        : {
            ...change,
            previousRows: Number(change.previousRows),
            nowDrifted: [...change.nowDrifted],
            noLongerDrifted: [...change.noLongerDrifted],
          },
    positions: answerPositions(event.offsets),
    resultHash: event.resultHash,
  };
}

/** How far a monitor is, in JSON. */
export const watermarkAnswer = z.object({
  monitor: z.string(),
  subjectKind: z.string(),
  subject: z.string(),
  watermark: instant.nullable().describe('How far event time has come in the offline store.'),
  closedThrough: instant
    .nullable()
    .describe(
      'Every window that ends at or before it is closed, its event in the log and its policy considered.',
    ),
  reference: period.nullable(),
  waitingFor: z.enum(['rows', 'reference']).nullable().describe('What keeps the first window from closing.'),
  positions,
});

/** A status as it is answered. */
export function answerStatus(monitor: Monitor, status: MonitorStatus): z.output<typeof watermarkAnswer> {
  return {
    monitor: monitor.name,
    subjectKind: monitor.subjectKind,
    subject: monitor.subject,
    watermark: orNull(status.watermark, formatInstant),
    closedThrough: orNull(status.closedThrough, formatInstant),
    reference: orNull(status.reference, answerPeriod),
    waitingFor: status.waitingFor,
    positions: answerVector(status.applied),
  };
}

/** A monitor with its options, in JSON. */
export const monitorAnswer = z.object({
  name: z.string(),
  subjectKind: z.string(),
  subject: z.string(),
  windowSize: z.string(),
  allowedLateness: z.string(),
  reference: z.union([period, z.object({ firstWindows: z.number() })]),
  bins: z.number(),
  psiThreshold: z.number(),
  nullShareThreshold: z.number(),
  falseDiscoveryRate: z.number(),
  policy: z
    .object({ name: z.string(), model: z.string(), share: z.number(), cooldown: z.string() })
    .nullable(),
});

/** A monitor as it is answered. */
export function answerMonitor(monitor: Monitor): z.output<typeof monitorAnswer> {
  const { thresholds, reference, policy } = monitor;
  return {
    name: monitor.name,
    subjectKind: monitor.subjectKind,
    subject: monitor.subject,
    windowSize: formatDuration(monitor.windowSize),
    allowedLateness: formatDuration(monitor.allowedLateness),
    reference: reference.kind === 'period' ? answerPeriod(reference) : { firstWindows: reference.count },
    bins: monitor.bins,
    psiThreshold: thresholds.psi,
    nullShareThreshold: thresholds.nullShare,
    falseDiscoveryRate: thresholds.falseDiscoveryRate,
    policy: orNull(policy, (one) => ({ ...one, cooldown: formatDuration(one.cooldown) })),
  };
}

/** A retraining request, in JSON. */
export const retrainingAnswer = z.object({
  requestId: z.string(),
  policy: z.string(),
  model: z.string(),
  championVersion: z.string().nullable(),
  trigger: z.string(),
  reason: z.string(),
  monitor: z.string(),
  windowStart: instant,
  windowEnd: instant,
  windowRevision: z.number(),
  driftedShare: z.number(),
  threshold: z.number(),
  driftedFeatures: z.array(z.string()),
  featureService: z.string().nullable(),
  labelsFrom: instant.nullable(),
  labelsUntil: instant.nullable(),
  positions,
});

/** A retraining request as it is answered. */
export function answerRetraining(event: RetrainingRequested): z.output<typeof retrainingAnswer> {
  const { envelope: _envelope, streamVersion: _streamVersion, offsets, ...request } = event;
  return {
    ...request,
    windowStart: formatInstant(request.windowStart),
    windowEnd: formatInstant(request.windowEnd),
    driftedFeatures: [...request.driftedFeatures],
    labelsFrom: orNull(request.labelsFrom, formatInstant),
    labelsUntil: orNull(request.labelsUntil, formatInstant),
    positions: answerPositions(offsets),
  };
}

function answerPeriod({
  start,
  end,
}: {
  readonly start: Micros;
  readonly end: Micros;
}): z.output<typeof period> {
  return { start: formatInstant(start), end: formatInstant(end) };
}

function answerPositions(offsets: readonly PartitionOffset[]): z.output<typeof positions> {
  return answerVector(offsetVector(offsets));
}

function answerVector(vector: OffsetVector): z.output<typeof positions> {
  return Object.fromEntries(
    Object.entries(vector).map(([topic, partitions]) => [
      topic,
      Object.fromEntries(
        Object.entries(partitions).map(([partition, offset]) => [partition, Number(offset)]),
      ),
    ]),
  );
}

function orNull<T, R>(value: T | null, map: (value: T) => R): R | null {
  return value === null ? null : map(value);
}
