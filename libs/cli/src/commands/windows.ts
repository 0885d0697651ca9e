import { type Command, InvalidArgumentError } from 'commander';
import plot from 'simple-ascii-chart';
import type { DriftWindow } from '@millrace/client';
import { parseInstant } from '@millrace/kernel';
import { z } from 'zod';
import { contextOf } from '../globals.ts';
import { grouped, table } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';

const optionsSchema = z.object({
  from: z.string().optional(),
  until: z.string().optional(),
  revisions: z.boolean().default(false),
});

/** `millrace windows [subject]`. */
export function addWindows(program: Command, terminal: Terminal): void {
  program
    .command('windows')
    .summary('drift windows, with a chart of the drift over time')
    .argument('[subject]', 'a feature view or a model; all without it')
    .option('--from <time>', 'windows that start at or after it', instant)
    .option('--until <time>', 'windows that end at or before it', instant)
    .option('--revisions', 'every revision of each window, not only the newest')
    .action(async (subject: string | undefined, _: unknown, command: Command) => {
      const { millrace, answer } = contextOf(command, terminal);
      const { from, until, revisions } = optionsSchema.parse(command.opts());
      const windows = await millrace.windows.list({
        latest: !revisions,
        ...(subject === undefined ? {} : { subject }),
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
      });
      answer({ windows }, () => windowsText(windows, terminal.width));
    });
}

/** An option that is an ISO 8601 time with a zone. */
export function instant(text: string): string {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new InvalidArgumentError(`It ${parsed.error}.`);
  return text;
}

/** Windows for people: a table and, for each monitor, a chart. */
export function windowsText(windows: readonly DriftWindow[], width: number): string {
  if (windows.length === 0) return 'No window has closed yet.';
  const rows = windows.map((window) => {
    const [worst] = window.features.toSorted((a, b) => (b.psi ?? -1) - (a.psi ?? -1));
    return [
      window.monitor,
      shortTime(window.windowStart),
      shortTime(window.windowEnd),
      String(window.revision),
      grouped(window.rows),
      `${(window.driftedShare * 100).toFixed(0)}%`,
      worst?.psi === null || worst === undefined ? '-' : `${worst.name} ${worst.psi.toFixed(3)}`,
    ];
  });
  const listed = table(['MONITOR', 'FROM', 'UNTIL', 'REVISION', 'ROWS', 'DRIFTED', 'LARGEST PSI'], rows);
  const charts = [...Map.groupBy(windows, ({ monitor }) => monitor)].flatMap(([monitor, ofMonitor]) => {
    const text = chart(monitor, ofMonitor, width);
    return text === undefined ? [] : [text];
  });
  return [listed, ...charts].join('\n\n');
}

function chart(monitor: string, windows: readonly DriftWindow[], width: number): string | undefined {
  if (windows.length < 2) return undefined;
  const points = windows.map((window, index): [number, number] => [index + 1, largestPsi(window)]);
  const drawn = plot(points, {
    width: Math.min(width - 12, 72),
    height: 8,
    formatter: (value) => (Number.isInteger(value) ? String(value) : value.toFixed(3)),
  });
  return `${monitor}: largest PSI of a feature, by window\n${drawn.trimEnd()}`;
}

function largestPsi({ features }: DriftWindow): number {
  return Math.max(0, ...features.map(({ psi }) => psi ?? 0));
}

function shortTime(text: string): string {
  return text.replace(/(:00)?\.000000Z$/, 'Z').replace('T', ' ');
}
