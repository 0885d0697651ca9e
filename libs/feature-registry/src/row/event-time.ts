import { formatInstant, isInstant, type Micros, MillraceError } from '@millrace/kernel';

/**
 * Checks the event time of a record in the log.
 *
 * @param maxAhead how far it may lie ahead of the recording, in microseconds.
 * @throws MillraceError TIME_INVALID, EVENT_TOO_FAR_AHEAD
 */
export function checkEventTime(eventTime: Micros, recordedAt: Micros, maxAhead: Micros): void {
  if (!isInstant(eventTime))
    throw new MillraceError(
      'TIME_INVALID',
      `the event time ${eventTime} µs lies outside the years 1 to 9999`,
    );
  if (eventTime - recordedAt > maxAhead)
    throw new MillraceError(
      'EVENT_TOO_FAR_AHEAD',
      `the event time ${formatInstant(eventTime)} is too far ahead of ${formatInstant(recordedAt)}, when it was recorded`,
    );
}
