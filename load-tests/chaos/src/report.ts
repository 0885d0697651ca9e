import { faultTable } from './faults/tally.ts';
import type { ChaosResult } from './run-chaos.ts';

/** The result in lines; the last one is for scripts. */
export function report(result: ChaosResult): readonly string[] {
  const { events, kills, lost, doubled, differences, struck, missed, ownEnds, examples } = result;
  const parity = differences === 0 ? 'ok' : `${differences} differences`;
  return [
    ...examples,
    ...ownEnds.map((end) => `ended by itself: ${end.split('\n', 1)[0]}`),
    '',
    faultTable(struck),
    '',
    ...missed.map((point) => `never reached: ${point}`),
    `events=${events} kills=${kills} lost=${lost} doubled=${doubled} parity=${parity}`,
  ];
}

/** Whether a run went as it must: nothing wrong and every point reached; of a control run, something wrong. */
export function isExpected(result: ChaosResult, control: boolean): boolean {
  const { lost, doubled, differences, missed } = result;
  const isExact = lost === 0 && doubled === 0 && differences === 0;
  return control ? !isExact : isExact && missed.length === 0;
}
