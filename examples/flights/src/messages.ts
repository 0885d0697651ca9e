import type { Label, LooseOnlineRow, Prediction, RowOf } from '@millrace/client';
import { namedEventId } from '@millrace/events';
import { type airportDepartures, LABEL, lateArrival, MODEL, type routeDepartures } from './definitions.ts';
import { type Flight, isLate } from './flight.ts';
import { type Minutes, toMicros } from './minutes.ts';
import type { AirportRow, RouteRow } from './timeline.ts';

/*
 * Every event has an id that is made from what it tells: the row number of the flight, or the entity and the
 * time. A second run over the same flights sends the same ids, and of each only the first counts.
 */
const APP = 'flights';

/** The features of an airport as a row of its view. */
export function airportMessage(row: AirportRow, at: Minutes): RowOf<typeof airportDepartures> {
  return { ...row, eventTime: toMicros(at), eventId: namedEventId(APP, 'airport', row.airport, String(at)) };
}

/** The features of a route as a row of its view. */
export function routeMessage(row: RouteRow, at: Minutes): RowOf<typeof routeDepartures> {
  const { origin, destination } = row;
  return {
    ...row,
    eventTime: toMicros(at),
    eventId: namedEventId(APP, 'route', origin, destination, String(at)),
  };
}

/** What a prediction tells beside the flight. */
export interface Answer {
  /** The simulated time for which the features were read. */
  readonly at: Minutes;
  readonly served: Pick<LooseOnlineRow, 'features'>;
  readonly serviceHash: string;
  readonly modelVersion: string;
  /** Of a late arrival. */
  readonly probability: number;
  /** From the question to the answer, for all flights of the step. */
  readonly latencyMicros: number;
}

/** The prediction for a flight that is about to leave, with all that the model was given. */
export function predictionMessage(flight: Flight, answer: Answer): Prediction {
  const { at, served, serviceHash, modelVersion, probability, latencyMicros } = answer;
  return {
    eventId: namedEventId(APP, 'prediction', String(flight.row)),
    predictionId: predictionIdOf(flight),
    // What is known at `at` is all that the model is given: that, not the departure, is when it predicts.
    eventTime: toMicros(at),
    readAt: toMicros(at),
    model: MODEL,
    modelVersion,
    alias: 'champion',
    featureService: lateArrival.definition.name,
    featureServiceHash: serviceHash,
    entityKey: { origin: flight.origin, destination: flight.destination },
    served,
    output: { class: probability >= 0.5 ? 'late' : 'on_time', score: probability },
    segments: { haul: haulOf(flight) },
    latencyMicros,
  };
}

/** The truth about a flight that has landed. */
export function labelMessage(flight: Flight): Label {
  return {
    eventId: namedEventId(APP, 'label', String(flight.row)),
    eventTime: toMicros(flight.landing),
    predictionId: predictionIdOf(flight),
    model: MODEL,
    name: LABEL,
    value: isLate(flight),
  };
}

/** What a label names to reach the prediction of a flight. */
export function predictionIdOf({ row }: Flight): string {
  return `flight-${row}`;
}

function haulOf({ distance }: Flight): string {
  if (distance < 500) return 'short';
  return distance < 1500 ? 'medium' : 'long';
}
