import { type Envelope, newEventId } from '@millrace/events';
import type { Clock } from '@millrace/kernel';

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The envelope of an event that the registry writes for a request. */
export function envelopeOf(clock: Clock, headers: { readonly [name: string]: unknown } = {}): Envelope {
  const { traceparent } = headers;
  return {
    eventId: newEventId(),
    eventTime: clock.now(),
    producer: { service: 'registry', version: '0.1.0', commit: null },
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : null,
  };
}
