import { type Options, SingleBar } from 'cli-progress';
import { grouped } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Shows how far something is. */
export interface Progress {
  add(rows: number): void;
  done(): void;
}

const PLAIN_EVERY_MS = 5_000;

/** A bar where a person looks on; a line every few seconds elsewhere. @param unit what is counted */
export function showProgress(
  what: string,
  total: number | undefined,
  { interactive, err }: Terminal,
  unit = 'rows',
): Progress {
  const begun = performance.now();
  let rows = 0;
  const rate = () =>
    `${grouped(Math.round((rows / Math.max(performance.now() - begun, 1)) * 1000))} ${unit}/s`;
  if (interactive && total !== undefined) {
    const options: Options = {
      format: `${what} {bar} {percentage}% {value}/{total} {rate}`,
      hideCursor: true,
    };
    const bar = new SingleBar({ ...options, stream: process.stderr });
    bar.start(total, 0, { rate: '' });
    return {
      add(more) {
        rows += more;
        bar.update(rows, { rate: rate() });
      },
      done: () => bar.stop(),
    };
  }
  let said = begun;
  const say = () =>
    err(`${what}: ${grouped(rows)}${total === undefined ? '' : ` of ${grouped(total)}`} ${unit}, ${rate()}`);
  return {
    add(more) {
      rows += more;
      if (performance.now() - said < PLAIN_EVERY_MS) return;
      said = performance.now();
      say();
    },
    done: say,
  };
}
