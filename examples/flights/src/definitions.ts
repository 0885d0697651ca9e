import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';
import { DAY, HOUR } from './minutes.ts';

const owner = 'flight-operations';

export const airport = defineEntity({
  name: 'airport',
  keys: { airport: 'string' },
  owner,
  description: 'An airport, by its IATA code.',
});

export const route = defineEntity({
  name: 'route',
  keys: { origin: 'string', destination: 'string' },
  owner,
  description: 'A pair of airports that is flown, in one direction.',
});

/** How far back the features of an airport look. */
export const AIRPORT_SPAN = 3 * HOUR;
/** How far back those of a route look: most routes are flown a few times a day. */
export const ROUTE_SPAN = DAY;

const share = { min: 0, max: 1 };

export const airportDepartures = defineFeatureView({
  name: 'airport_departures',
  entity: airport,
  ttl: '6h',
  owner,
  description: 'The flights from an airport over the last 3 hours, from what had happened by then.',
  features: {
    departures: { type: 'int', description: 'Flights that left.', expectations: { min: 0 } },
    landed: { type: 'int', description: 'Flights from here that landed.', expectations: { min: 0 } },
    mean_delay: { type: 'double', description: 'Mean arrival delay of those, in minutes.' },
    share_late: {
      type: 'double',
      description: 'Share of those 15 minutes late or more.',
      expectations: share,
    },
  },
});

export const routeDepartures = defineFeatureView({
  name: 'route_departures',
  entity: route,
  ttl: '1d',
  owner,
  description: 'The flights of a route over the last 24 hours, from what had happened by then.',
  features: {
    distance: { type: 'int', description: 'Miles.', expectations: { min: 0 } },
    departures: { type: 'int', description: 'Flights that left.', expectations: { min: 0 } },
    landed: { type: 'int', description: 'Flights that landed.', expectations: { min: 0 } },
    mean_delay: { type: 'double', description: 'Mean arrival delay of those, in minutes.' },
    share_late: {
      type: 'double',
      description: 'Share of those 15 minutes late or more.',
      expectations: share,
    },
  },
});

/** What the model is given for a flight from `origin` to `destination`. */
export const lateArrival = defineFeatureService({
  name: 'late_arrival',
  owner,
  description: 'Whether a flight that is about to leave will arrive 15 minutes late or more.',
  views: [
    {
      view: airportDepartures,
      as: 'origin',
      features: ['departures', 'mean_delay', 'share_late'],
      keys: { airport: 'origin' },
    },
    {
      view: airportDepartures,
      as: 'destination',
      features: ['departures', 'mean_delay', 'share_late'],
      keys: { airport: 'destination' },
    },
    { view: routeDepartures, as: 'route', features: ['distance', 'departures', 'mean_delay', 'share_late'] },
  ],
});

/** The model, and the label that its predictions wait for. */
export const MODEL = 'late_arrival';
export const LABEL = 'arrived_late';
