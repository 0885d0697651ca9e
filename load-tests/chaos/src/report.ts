import { faultTable } from './faults/tally.ts';
import type { ChaosResult, EndedProcess } from './run-chaos.ts';

/** The result in lines; the last one is for scripts. */
export function report(result: ChaosResult): readonly string[] {
  const { events, kills, lost, doubled, differences, struck, missed, ownEnds, examples } = result;
  const parity = differences === 0 ? 'ok' : `${differences} differences`;
  return [
    ...examples,
    ...ownEnds.map(
      (end) => `ended by itself ${end.wasReady ? 'while it ran' : 'at its start'}: ${firstAndLast(end)}`,
    ),
    '',
    faultTable(struck),
    '',
    ...missed.map((point) => `never reached: ${point}`),
    `events=${events} kills=${kills} lost=${lost} doubled=${doubled} parity=${parity}`,
  ];
}

/** Who ended, and the last that it said; its whole log goes with the run's folder. */
function firstAndLast({ name, why }: EndedProcess): string {
  const lines = why.trim().split('\n');
  return `${name}: ${[...new Set([lines[0], lines.at(-1)])].join(' ')}`;
}

/**
 * Whether a run went as it must: nothing wrong, every point reached, and no service that gave up while it ran; of a
 * control run, something wrong.
 */
export function isExpected(result: ChaosResult, control: boolean): boolean {
  const { lost, doubled, differences, missed, ownEnds } = result;
  const isExact = lost === 0 && doubled === 0 && differences === 0;
  const gaveUp = ownEnds.some(({ isService, wasReady }) => isService && wasReady);
  return control ? !isExact : isExact && missed.length === 0 && !gaveUp;
}
