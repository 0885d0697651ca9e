export type { Brand } from './brand.ts';
export { type Clock, systemClock } from './clock.ts';
export { durationOption, readConfig, variableName } from './config.ts';
export { type ErrorCode, errorCatalogue } from './error-catalogue.ts';
export { describeError, MillraceError } from './errors.ts';
export { type Running, type Starter, startTogether } from './lifecycle.ts';
export { oneAtATime } from './one-at-a-time.ts';
export { err, ok, type Result } from './result.ts';
export { Abandoned, retrying, type RetryingOptions } from './retrying.ts';
export {
  floorDiv,
  formatDuration,
  formatInstant,
  isInstant,
  type Micros,
  parseDuration,
  parseInstant,
  SECOND,
} from './time.ts';
export { pause, systemTimers, type Timers } from './timers.ts';
