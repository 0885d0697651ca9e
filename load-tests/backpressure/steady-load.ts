import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { pressure } from './view.ts';

const ROWS = 50;
const EVENT_TIME = '2020-01-01T00:00:00Z';
const TEXT = 'x'.repeat(200);
/** A sender that waits longer would have given up. */
const PATIENCE_MS = 30_000;

/** One request, when its answer came. */
export interface Call {
  /** Milliseconds from when it was due: a load that waits for its answers would hide those that did not come. */
  readonly latency: number;
  /** HTTP status; 0 without any answer. */
  readonly status: number;
  readonly retryAfter: boolean;
}

/** A load that goes on whatever is answered. */
export interface SteadyLoad {
  /** The calls since the last time that this was asked. */
  take(): readonly Call[];
  /** Numbers of the rows that were acknowledged. */
  acknowledged(): ReadonlySet<number>;
  stop(): Promise<void>;
}

/** Writes rows at a rate, each request when it is due. */
export function startLoad(gateway: string, rowsPerSecond: number): SteadyLoad {
  const pool = new Pool(gateway, { connections: 512, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  const acknowledged = new Set<number>();
  const underWay = new Set<Promise<void>>();
  const interval = (ROWS / rowsPerSecond) * 1_000;
  let calls: Call[] = [];
  const ending = new AbortController();
  let number = 0;

  async function call(due: number): Promise<void> {
    const first = number;
    number += ROWS;
    const numbers = Array.from({ length: ROWS }, (_, index) => first + index);
    const rows = numbers.map((one) => ({ number: one, eventTime: EVENT_TIME, value: one / 7, text: TEXT }));
    try {
      const { statusCode, headers, body } = await pool.request({
        method: 'POST',
        path: `/v1/features/${pressure.definition.name}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ rows }),
      });
      await body.dump();
      if (statusCode === 200) for (const one of numbers) acknowledged.add(one);
      const retryAfter = headers['retry-after'] !== undefined;
      calls.push({ latency: performance.now() - due, status: statusCode, retryAfter });
    } catch {
      calls.push({ latency: performance.now() - due, status: 0, retryAfter: false });
    }
  }

  const loop = (async () => {
    for (let due = performance.now(); !ending.signal.aborted; due += interval) {
      const ahead = due - performance.now();
      if (ahead > 0) await wait(ahead);
      const made = call(due).finally(() => underWay.delete(made));
      underWay.add(made);
    }
  })();

  return {
    take() {
      const taken = calls;
      calls = [];
      return taken;
    },
    acknowledged: () => acknowledged,
    async stop() {
      if (ending.signal.aborted) return;
      ending.abort();
      await loop;
      await Promise.all(underWay);
      await pool.close();
    },
  };
}
