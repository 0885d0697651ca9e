import { parseArgs } from 'node:util';
import { z } from 'zod';
import { faultNames } from './faults/fault.ts';

const optionsSchema = z.strictObject({
  events: z.coerce.number().int().min(1_000).max(5_000_000).default(1_000_000),
  kills: z.coerce.number().int().min(6).max(10_000).default(100),
  seed: z.coerce.number().int().min(0).max(0xffff_ffff).optional(),
  only: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(faultNames)))
    .optional(),
  control: z.boolean().default(false),
  keep: z.boolean().default(false),
});

/** What the command line asks for. */
export type CommandLine = z.output<typeof optionsSchema>;

/** How to call it. */
export const USAGE =
  'npm run chaos -- [--events 1000000] [--kills 100] [--seed <n>] [--only <fault,…>] [--control] [--keep]';

/** Reads the command line. @throws z.ZodError, TypeError with what is wrong */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: args.filter((argument) => argument !== '--'),
    options: {
      events: { type: 'string' },
      kills: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      control: { type: 'boolean' },
      keep: { type: 'boolean' },
    },
  });
  return optionsSchema.parse(values);
}
