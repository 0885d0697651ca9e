import type { OffsetVector } from '@millrace/events';
import type { Clock, Micros } from '@millrace/kernel';
import { closedThrough, type Window, watermarkOf, windowContaining } from '@millrace/statistics';
import { computeWindow } from './compute-window.ts';
import type { WatchedColumn } from './histogram-query.ts';
import type { MonitorMetrics } from './metrics.ts';
import type { Monitor } from './monitor.ts';
import { covers } from './offsets.ts';
import { referencePeriod, windowsWithRows } from './period.ts';
import type { Queries } from './queries.ts';
import { profileReference, type ReferenceProfile } from './reference.ts';
import type { RowsSource } from './rows-source.ts';
import { earliestAppliedSince, sameRecords, type TopicProgress, vectorOf } from './topic-progress.ts';
import { windowEvent } from './window-event.ts';
import type { WindowLog } from './window-log.ts';

/** What a monitor watches, as it is now. */
export interface Watched {
  readonly source: RowsSource;
  /** The columns that a reference period has; for a model they are found in its rows. */
  columns(period: Window, vector: OffsetVector): Promise<readonly WatchedColumn[]>;
}

/** How far a monitor is. */
export interface MonitorStatus {
  /** How far event time has come in what is applied; null before the first event. */
  readonly watermark: Micros | null;
  /** Every window that ends at or before it is closed and its event stands in the log; null: none is. */
  readonly closedThrough: Micros | null;
  readonly reference: Window | null;
  /** Why no window is closed yet; null when windows close. */
  readonly waitingFor: 'rows' | 'reference' | null;
  readonly applied: OffsetVector;
}

/** What watching needs. */
export interface WatchParts {
  readonly queries: Queries;
  readonly windows: WindowLog;
  readonly clock: Clock;
  readonly metrics: MonitorMetrics;
  readonly idleAfter: Micros;
  /** The shortest time between two looks for late rows. */
  readonly restateEvery: Micros;
  /** Called when windows were closed or restated, before they count as closed. */
  afterWindows(monitor: Monitor): Promise<void>;
}

/** Windows whose events are appended together. */
const CHUNK = 20;

/** Closes and restates the windows of one monitor, step by step, as its topic is applied. */
export class MonitorWatch {
  readonly monitor: Monitor;
  readonly #parts: WatchParts;
  #seen: TopicProgress | undefined;
  #closedThrough: Micros | null = null;
  #reference: ReferenceProfile | undefined;
  /** The earliest event time of records that were applied but not yet held against closed windows. */
  #unchecked: Micros | null = null;
  #checkedAt: Micros | undefined;
  #status: MonitorStatus = {
    watermark: null,
    closedThrough: null,
    reference: null,
    waitingFor: 'rows',
    applied: {},
  };

  constructor(monitor: Monitor, parts: WatchParts) {
    this.monitor = monitor;
    this.#parts = parts;
  }

  get status(): MonitorStatus {
    return this.#status;
  }

  /** Brings the windows up to what is applied. @throws MillraceError STORE_UNAVAILABLE, LOG_UNAVAILABLE */
  async step(progress: TopicProgress, watched: Watched): Promise<void> {
    const vector = vectorOf(progress);
    const watermark = watermarkOf([...progress.partitions.values()], this.#parts.idleAfter);
    this.#status = { ...this.#status, watermark, applied: vector };
    if (watermark === null) return;
    await this.#noteNewRecords(progress);
    const { windowSize, allowedLateness } = this.monitor;
    const through = closedThrough(watermark, windowSize, allowedLateness);
    if (!this.#isDue(through)) return;
    const reference = await this.#profile(watched, vector, watermark);
    if (reference === undefined) return;
    const unsettled = await this.#bringUp(progress, watched, vector, reference, through);
    await this.#parts.afterWindows(this.monitor);
    this.#checkedAt = this.#parts.clock.now();
    this.#unchecked = unsettled;
    this.#close(through);
  }

  async #noteNewRecords(progress: TopicProgress): Promise<void> {
    const nothing = { ...progress, partitions: new Map() };
    // What another generation holds was never looked at: windows that come out otherwise are restated.
    const before = this.#seen?.generation === progress.generation ? this.#seen : nothing;
    if (sameRecords(progress, before)) return;
    const earliest = await earliestAppliedSince(this.#parts.queries, before);
    this.#seen = progress;
    if (earliest === null) return;
    if (this.#unchecked === null || earliest < this.#unchecked) this.#unchecked = earliest;
    // Late rows of the reference period: results from here on are held against all of it.
    if (this.#reference !== undefined && earliest < this.#reference.period.end) this.#reference = undefined;
  }

  #isDue(through: Micros): boolean {
    if (this.#closedThrough === null || through > this.#closedThrough) return true;
    const isLate = this.#unchecked !== null && this.#unchecked < this.#closedThrough;
    return isLate && this.#parts.clock.now() - (this.#checkedAt ?? 0n) >= this.#parts.restateEvery;
  }

  async #profile(
    watched: Watched,
    vector: OffsetVector,
    watermark: Micros,
  ): Promise<ReferenceProfile | undefined> {
    if (this.#reference !== undefined) return this.#reference;
    const { queries, windows } = this.#parts;
    const period = await referencePeriod(queries, watched.source, vector, this.monitor, windows.history);
    if (period === undefined || watermark - this.monitor.allowedLateness < period.end) {
      this.#status = {
        ...this.#status,
        reference: period ?? null,
        waitingFor: period === undefined ? 'rows' : 'reference',
      };
      return undefined;
    }
    const columns = await watched.columns(period, vector);
    this.#reference = await profileReference(
      queries,
      watched.source,
      period,
      vector,
      columns,
      this.monitor.bins,
    );
    this.#status = { ...this.#status, reference: period, waitingFor: null };
    return this.#reference;
  }

  /** @returns the start of the earliest window that has to be looked at again; null when all are settled. */
  async #bringUp(
    progress: TopicProgress,
    { source }: Watched,
    vector: OffsetVector,
    reference: ReferenceProfile,
    through: Micros,
  ): Promise<Micros | null> {
    const { queries, windows, metrics } = this.#parts;
    const from = this.#firstUnsettled(progress, through);
    if (from === null) return null;
    let unsettled: Micros | null = null;
    const found = await windowsWithRows(
      queries,
      source,
      { start: from, end: through },
      vector,
      this.monitor.windowSize,
    );
    // What the history says now is what a result restates, though another instance may write meanwhile.
    const due = found
      .map(({ window, rows }) => ({
        window,
        rows,
        previous: windows.history.newest(this.monitor.name, window),
      }))
      .filter(
        ({ rows, previous }) =>
          previous === undefined || (previous.rows !== rows && covers(vector, previous.offsets)),
      );
    for (let next = 0; next < due.length; next += CHUNK) {
      const events = [];
      for (const { window, previous } of due.slice(next, next + CHUNK)) {
        const end = metrics.computeSeconds.startTimer({ monitor: this.monitor.name });
        const result = await computeWindow(queries, source, this.monitor, window, vector, reference);
        end();
        if (result.resultHash !== previous?.resultHash) events.push(windowEvent(result, vector, previous));
      }
      await windows.append(events);
      for (const event of events) {
        metrics.windowClosed(event);
        const window = { start: event.windowStart, end: event.windowEnd };
        // Another instance wrote this revision first, from fewer or more rows: look again.
        if (windows.history.newest(event.monitor, window)?.rows !== event.rows)
          unsettled ??= event.windowStart;
      }
    }
    return unsettled;
  }

  /** Where to look for windows from: what is not closed yet, and what late records fall into. */
  #firstUnsettled(progress: TopicProgress, through: Micros): Micros | null {
    const earliest = [this.#closedThrough, this.#unchecked].filter((time) => time !== null);
    if (this.#closedThrough === null) {
      for (const { progress: partition } of progress.partitions.values()) {
        if (partition.minEventTime !== null) earliest.push(partition.minEventTime);
      }
    }
    const [first, ...rest] = earliest;
    if (first === undefined) return null;
    const { start } = windowContaining(
      rest.reduce((least, time) => (time < least ? time : least), first),
      this.monitor.windowSize,
    );
    return start < through ? start : null;
  }

  #close(through: Micros): void {
    if (this.#closedThrough === null || through > this.#closedThrough) this.#closedThrough = through;
    this.#status = { ...this.#status, closedThrough: this.#closedThrough, waitingFor: null };
  }
}
