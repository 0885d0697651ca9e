import { createRequire } from 'node:module';
import { z } from 'zod';

const queueSchema = z.custom<RequestQueue>((value) => typeof value === 'object' && value !== null);

interface RequestQueue {
  pending: readonly unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

const moduleSchema = z.custom<{ prototype: { scheduleCheckPendingRequests(): void } }>(
  (value) => typeof value === 'function' && 'scheduleCheckPendingRequests' in value.prototype,
);

let mended = false;

/**
 * kafkajs 2.2.4 sets a timer with a negative delay for each connection that is neither throttled nor busy, again
 * and again: a loop of 1 ms that never ends, and a TimeoutNegativeWarning from Node. Here the timer is set only
 * when there is something to check.
 */
export function mendIdleTimers(): void {
  if (mended) return;
  mended = true;
  const queueModule = moduleSchema.parse(createRequire(import.meta.url)('kafkajs/src/network/requestQueue'));
  queueModule.prototype.scheduleCheckPendingRequests = function schedule(this: unknown) {
    const queue = queueSchema.parse(this);
    const throttled = queue.throttledUntil - Date.now();
    if (queue.throttleCheckTimeoutId !== null || (throttled <= 0 && queue.pending.length === 0)) return;
    queue.throttleCheckTimeoutId = setTimeout(
      () => {
        queue.throttleCheckTimeoutId = null;
        queue.checkPendingRequests();
      },
      Math.max(throttled, 10),
    );
  };
}
