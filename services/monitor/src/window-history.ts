import type { DriftWindowClosed } from '@millrace/events';
import type { Window } from '@millrace/statistics';

/**
 * The windows as the `drift-windows` topic tells them. An event counts when it is the next revision of its
 * window; of several with one revision the first in the log counts.
 */
export class WindowHistory {
  readonly #monitors = new Map<string, Map<string, DriftWindowClosed[]>>();

  /** Takes in one event; false when it does not count. */
  apply(event: DriftWindowClosed): boolean {
    const windows = this.#monitors.get(event.monitor) ?? new Map<string, DriftWindowClosed[]>();
    const key = keyOf({ start: event.windowStart, end: event.windowEnd });
    const revisions = windows.get(key) ?? [];
    if (event.revision !== revisions.length + 1) return false;
    revisions.push(event);
    windows.set(key, revisions);
    this.#monitors.set(event.monitor, windows);
    return true;
  }

  /** The newest revision of a window, or undefined. */
  newest(monitor: string, window: Window): DriftWindowClosed | undefined {
    return this.#monitors.get(monitor)?.get(keyOf(window))?.at(-1);
  }

  /** The first event that the log has of a monitor: its reference is the one that was resolved. */
  first(monitor: string): DriftWindowClosed | undefined {
    const [revisions] = this.#monitors.get(monitor)?.values() ?? [];
    return revisions?.[0];
  }

  /** All revisions of a monitor's windows, by window and revision. */
  of(monitor: string): readonly DriftWindowClosed[] {
    return [...(this.#monitors.get(monitor)?.values() ?? [])].flat().sort(byWindow);
  }

  /** The newest revision of each of a monitor's windows, in order. */
  newestOf(monitor: string): readonly DriftWindowClosed[] {
    return [...(this.#monitors.get(monitor)?.values() ?? [])]
      .flatMap((revisions) => revisions.slice(-1))
      .sort(byWindow);
  }

  /** The monitors that have windows, whether they are still there or not. */
  monitors(): readonly string[] {
    return [...this.#monitors.keys()];
  }
}

function keyOf({ start, end }: Window): string {
  return `${start}/${end}`;
}

function byWindow(a: DriftWindowClosed, b: DriftWindowClosed): number {
  if (a.windowEnd !== b.windowEnd) return a.windowEnd < b.windowEnd ? -1 : 1;
  if (a.windowStart !== b.windowStart) return a.windowStart < b.windowStart ? -1 : 1;
  return a.revision - b.revision;
}
