import { type Millrace, mergePositions, type OnlineRow, type Positions } from '@millrace/client';
import { z } from 'zod';
import { airportDepartures, lateArrival, routeDepartures } from './definitions.ts';
import type { Flight } from './flight.ts';
import { airportMessage, labelMessage, predictionMessage, routeMessage } from './messages.ts';
import { type Minutes, toMicros } from './minutes.ts';
import type { Scorer } from './scorer.ts';
import { type Step, timeline } from './timeline.ts';

/** What the airline needs to fly. */
export interface AirlineOptions {
  readonly millrace: Millrace;
  /** In the order of their departure. */
  readonly flights: AsyncIterable<Flight>;
  readonly scorer: Scorer;
  /** Simulated minutes from one step to the next. */
  readonly stepMinutes: Minutes;
  /** Told after each step. */
  readonly onStep?: (sent: AirlineCounts) => void;
}

/** What the airline has sent so far. */
export interface AirlineCounts {
  readonly steps: number;
  readonly airportRows: number;
  readonly routeRows: number;
  readonly predictions: number;
  readonly labels: number;
  /** The simulated time of the last step. */
  readonly at: Minutes;
  /** The simulated time of the last prediction. */
  readonly predictedAt: Minutes;
}

/**
 * Runs the airline: in each step it writes the features of what happened, reads them back for every flight that
 * leaves before the next step, scores the flights, and sends the predictions, and the labels of what has landed.
 *
 * What a flight is served does not depend on how fast this runs: the read waits until the store has the rows that
 * this step wrote (`minPositions`), it reads for the simulated time (`at`), and the next step's rows, which would
 * replace them, are written only afterwards. Predictions and labels change nothing that is read, so they are on
 * their way while the next step begins.
 *
 * @returns what was sent, all of it acknowledged.
 */
export async function runAirline(options: AirlineOptions): Promise<AirlineCounts> {
  const { millrace, flights, scorer, stepMinutes, onStep } = options;
  const sent = { steps: 0, airportRows: 0, routeRows: 0, predictions: 0, labels: 0, at: 0, predictedAt: 0 };
  let behind: Promise<unknown> = Promise.resolve();
  for await (const step of timeline(flights, stepMinutes)) {
    const [predictions] = await Promise.all([playStep(step, millrace, scorer), behind]);
    const labels = step.landed.map(labelMessage);
    behind = Promise.all([millrace.predictions.write(predictions), millrace.labels.write(labels)]);
    // Its failure is met with the next step; until then nobody listens, which would end the process.
    behind.catch(() => undefined);
    sent.steps++;
    sent.airportRows += step.airports.length;
    sent.routeRows += step.routes.length;
    sent.predictions += predictions.length;
    sent.labels += labels.length;
    sent.at = step.at;
    if (predictions.length > 0) sent.predictedAt = step.at;
    onStep?.({ ...sent });
  }
  await behind;
  return sent;
}

async function playStep(step: Step, millrace: Millrace, scorer: Scorer) {
  const minPositions = await writeFeatures(step, millrace);
  const { at, departing } = step;
  if (departing.length === 0) return [];
  const asked = performance.now();
  const entities = departing.map(({ origin, destination }) => ({ origin, destination }));
  const options = { at: toMicros(at), minPositions, withOrigin: true };
  const { rows, serviceHash = '' } = await millrace.online.read(lateArrival, entities, options);
  const probabilities = await scorer.score(rows.map((row) => vectorOf(row, scorer.features)));
  const latencyMicros = Math.round((performance.now() - asked) * 1000);
  return departing.map((flight, index) => {
    const [served, probability] = [rows[index], probabilities[index]];
    if (served === undefined || probability === undefined)
      throw new Error(`no answer for flight ${flight.row}`);
    return predictionMessage(flight, {
      at,
      served,
      serviceHash,
      modelVersion: scorer.version,
      probability,
      latencyMicros,
    });
  });
}

async function writeFeatures({ at, airports, routes }: Step, { features }: Millrace): Promise<Positions> {
  const written = await Promise.all([
    features(airportDepartures).write(airports.map((row) => airportMessage(row, at))),
    features(routeDepartures).write(routes.map((row) => routeMessage(row, at))),
  ]);
  return mergePositions(written.map(({ positions }) => positions));
}

const vectorSchema = z.record(z.string(), z.number().nullable());

/** The features in the order in which the model wants them, which its card tells. */
function vectorOf({ values }: OnlineRow<typeof lateArrival>, features: readonly string[]): (number | null)[] {
  const byName = vectorSchema.parse(values);
  return features.map((name) => {
    const value = byName[name];
    if (value === undefined)
      throw new Error(`the model wants ${name}, which the feature service does not have`);
    return value;
  });
}
