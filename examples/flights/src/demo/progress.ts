import cliProgress from 'cli-progress';
import { formatCount } from './table.ts';

/** Shows how far a piece of work is, and how fast it goes. */
export interface Progress {
  /** How much is done by now. */
  update(done: number): void;
  /** The work is done. */
  stop(): void;
}

/** Where the demo writes: a terminal, a log, or a test. */
export interface Output {
  line(text: string): void;
  /** Whether escape codes are understood. */
  readonly colour: boolean;
  /** Starts to show a piece of work. */
  progress(name: string, total: number, unit: string): Progress;
}

/** Bars on a terminal, a plain line every few seconds elsewhere. */
export function terminalOutput(stream: NodeJS.WriteStream = process.stdout): Output {
  const line = (text: string) => void stream.write(`${text}\n`);
  return {
    line,
    colour: stream.isTTY ? stream.hasColors() : false,
    progress: (name, total, unit) =>
      stream.isTTY ? bar(stream, name, total, unit) : plainLines(line, name, total, unit),
  };
}

function bar(stream: NodeJS.WriteStream, name: string, total: number, unit: string): Progress {
  const shown = new cliProgress.SingleBar(
    {
      stream,
      format: `  ${name} {bar} {value}/{total} ${unit} · {rate}/s · {duration_formatted}`,
      barsize: 30,
      hideCursor: true,
      fps: 5,
      noTTYOutput: false,
    },
    cliProgress.Presets.shades_classic,
  );
  const started = performance.now();
  shown.start(total, 0, { rate: '0' });
  return {
    update: (done) => shown.update(done, { rate: rateSince(started, done) }),
    stop: () => shown.stop(),
  };
}

function plainLines(line: (text: string) => void, name: string, total: number, unit: string): Progress {
  const started = performance.now();
  let shown = started;
  let last = 0;
  const write = (done: number) =>
    line(`  ${name} ${formatCount(done)}/${formatCount(total)} ${unit} · ${rateSince(started, done)}/s`);
  return {
    update: (done) => {
      last = done;
      if (performance.now() - shown < 5000) return;
      shown = performance.now();
      write(done);
    },
    stop: () => write(last),
  };
}

function rateSince(started: number, done: number): string {
  return formatCount(done / Math.max(0.001, (performance.now() - started) / 1000));
}
