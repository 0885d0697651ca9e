import type { DemoOptions } from './options.ts';
import { airportDepartures, MODEL, routeDepartures } from '../definitions.ts';
import { formatMinutes, type Minutes } from '../minutes.ts';

/** How long after its end a window waits for late rows. */
export const LATENESS: Minutes = 60;
/** PSI from which a feature may have drifted: the monitor's own default. */
export const PSI_THRESHOLD = 0.2;

/**
 * What the monitor watches in the demo: the model and both views, by the monitor's default rules. Only the
 * windows and the reference are the demo's: the reference is the first days that are flown, less a day of warm-up,
 * because the features of a route look back on 24 hours and the flights come from nowhere on the first of January.
 */
export function demoMonitors(
  options: Pick<DemoOptions, 'window' | 'warmUp' | 'reference'>,
  firstDay: Minutes,
): readonly object[] {
  const start = firstDay + options.warmUp;
  const reference = { start: formatMinutes(start), end: formatMinutes(start + options.reference) };
  const rules = {
    windowSize: `${options.window}m`,
    allowedLateness: `${LATENESS}m`,
    reference,
    psiThreshold: PSI_THRESHOLD,
  };
  return [
    { subjectKind: 'model', subject: MODEL, ...rules },
    { subjectKind: 'feature-view', subject: airportDepartures.definition.name, ...rules },
    { subjectKind: 'feature-view', subject: routeDepartures.definition.name, ...rules },
  ];
}
