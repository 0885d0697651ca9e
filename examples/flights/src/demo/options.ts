import { parseArgs } from 'node:util';
import { parseDuration } from '@millrace/kernel';
import { z } from 'zod';
import { formatMinutes, type Minutes } from '../minutes.ts';

const day = z.iso
  .date({ error: 'must be a date such as 2001-01-31' })
  .transform((date): Minutes => Date.parse(date) / 60_000);

const duration = z.string().transform((text, context): Minutes => {
  const parsed = parseDuration(text);
  const minutes = parsed.ok ? Number(parsed.value / 60_000_000n) : 0;
  if (minutes >= 1) return minutes;
  context.addIssue({ code: 'custom', message: 'must be a duration of whole minutes such as 10m, 6h or 1d' });
  return z.NEVER;
});

const optionsSchema = z.strictObject({
  flights: z.coerce
    .number()
    .int()
    .min(1)
    .default(100_000)
    .describe('How many flights to fly at most; 3 million are there.'),
  from: day.optional().describe('First day, such as 2001-02-01: the file begins with 2001-01-01.'),
  until: day.optional().describe('First day after the last: the file ends with 2001-06-30.'),
  step: duration.default(10).describe('Simulated time from one step to the next.'),
  window: duration.default(1440).describe('Length of the drift windows.'),
  warmUp: duration
    .default(1440)
    .describe('From the first flight to the reference: until features look back on full days.'),
  reference: duration.default(2880).describe('Length of the reference period that windows are held against.'),
  injectDrift: z
    .boolean()
    .default(false)
    .describe('After the reference, make every flight an hour later than it was.'),
  model: z
    .boolean()
    .default(true)
    .describe('Score without a model: every flight is given the same probability.'),
  keep: z
    .boolean()
    .default(false)
    .describe('Go on with the data of the last demo instead of beginning anew.'),
  stay: z.boolean().default(false).describe('Leave everything running afterwards, until Ctrl-C.'),
  folder: z.string().default('.millrace/demo').describe('Where data, logs and the report go.'),
  help: z.boolean().default(false).describe('Show this and end.'),
});

/** What the demo is asked for. Times are minutes. */
export type DemoOptions = z.output<typeof optionsSchema>;

/**
 * Reads the command line of the demo.
 *
 * @throws Error whose message is for the person at the terminal.
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  const names = Object.entries(optionsSchema.shape);
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: Object.fromEntries(
      names.map(
        ([name, schema]) => [flagName(name), { type: isBoolean(schema) ? 'boolean' : 'string' }] as const,
      ),
    ),
  });
  const parsed = optionsSchema.safeParse(
    Object.fromEntries(
      names.flatMap(([name]) =>
        values[flagName(name)] === undefined ? [] : [[name, values[flagName(name)]]],
      ),
    ),
  );
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `--${flagName(String(path[0]))}: ${message}`,
  );
  throw new Error(problems.join('\n'));
}

/** What `--help` shows. */
export function describeOptions(): string {
  const lines = Object.entries(optionsSchema.shape).map(([name, schema]) => {
    const isOn = schema.safeParse(undefined).data === true;
    const flag = `--${isOn ? 'no-' : ''}${flagName(name)}${isBoolean(schema) ? '' : ' <value>'}`;
    return `  ${flag.padEnd(20)} ${schema.description ?? ''}`;
  });
  return ['npm run demo -- [options]', '', ...lines].join('\n');
}

/** The range of the flights in words. */
export function describeRange({
  flights,
  from,
  until,
}: Pick<DemoOptions, 'flights' | 'from' | 'until'>): string {
  const start = from === undefined ? '' : ` from ${formatMinutes(from).slice(0, 10)}`;
  const end = until === undefined ? '' : ` until ${formatMinutes(until).slice(0, 10)}`;
  return `${flights.toLocaleString('en-US')} flights${start}${end}`;
}

function isBoolean(schema: z.ZodType): boolean {
  return schema.safeParse(true).success && !schema.safeParse('1').success;
}

function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
