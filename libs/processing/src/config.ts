import { durationOption } from '@millrace/kernel';

/** The bound of event times, the same for all who judge them. Spread into a service's config. */
export const eventTimeConfigShape = {
  maxAhead: durationOption('10m').describe(
    'How far an event time may lie ahead of the clock that sees it: the gateway its own, a projector the broker.',
  ),
};
