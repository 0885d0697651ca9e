import { durationOption } from '@millrace/kernel';

/** What the online projector collects, and those who compare the stores have to know. Spread into a service's config. */
export const collectionConfigShape = {
  onlineProjectorGcHorizon: durationOption('7d').describe(
    'How long after its TTL a row is kept, counted from when the log took it in: events that are later than that, and reads for a past time, may miss it.',
  ),
};
