import { floorDiv, type Micros } from '@millrace/kernel';

/** A stretch of event time: `start` is in it, `end` is not. */
export interface Window {
  readonly start: Micros;
  readonly end: Micros;
}

/**
 * The tumbling window of a size that holds an instant. Windows are aligned to 1970-01-01T00:00:00Z, before it
 * too: `start = ⌊time / size⌋ · size`, `end = start + size`.
 * Source: Akidau et al., "The Dataflow Model", VLDB 2015, section 1.2 (fixed windows).
 */
export function windowContaining(time: Micros, size: Micros): Window {
  const start = floorDiv(time, size) * size;
  return { start, end: start + size };
}

/** The tumbling windows that hold at least one instant of `[from, until)`, in order. */
export function windowsCovering(from: Micros, until: Micros, size: Micros): readonly Window[] {
  const windows: Window[] = [];
  if (from >= until) return windows;
  for (
    let window = windowContaining(from, size);
    window.start < until;
    window = windowContaining(window.end, size)
  ) {
    windows.push(window);
  }
  return windows;
}

/** Whether two windows share an instant. */
export function overlaps(a: Window, b: Window): boolean {
  return a.start < b.end && b.start < a.end;
}

/**
 * The instant through which every tumbling window is closed: the last window end that the watermark has passed
 * by the allowed lateness, `⌊(watermark − lateness) / size⌋ · size`. A window is closed when its end is at or before it.
 */
export function closedThrough(watermark: Micros, size: Micros, allowedLateness: Micros): Micros {
  return windowContaining(watermark - allowedLateness, size).start;
}
