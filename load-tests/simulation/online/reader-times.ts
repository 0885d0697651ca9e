import type { HoldingTimes } from '@millrace/online-store/redis';

/** A fifth of what readers of a real store have: runs are short. */
export const holdingTimes: HoldingTimes = {
  refresh: 200,
  lease: 1_000,
  answer: 3_000,
  waiting: 20,
  patience: 1_000,
};

/** For how long a generation is fed that was live, in milliseconds; more than any answer may be old. */
export const GRACE_MS = 4_000;
