import { z } from 'zod';
import { parseDuration, parseInstant } from '@millrace/kernel';

const duration = (text: string) =>
  z
    .string()
    .default(text)
    .transform((value, context) => {
      const parsed = parseDuration(value);
      if (parsed.ok) return parsed.value;
      context.addIssue({ code: 'custom', message: parsed.error });
      return z.NEVER;
    });

const positiveDuration = (text: string) =>
  duration(text).refine((micros) => micros > 0n, { error: 'must be longer than nothing' });

const instant = z.string().transform((value, context) => {
  const parsed = parseInstant(value);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.error });
  return z.NEVER;
});

const referenceSchema = z
  .union([
    z
      .strictObject({ start: instant, end: instant })
      .refine(({ start, end }) => start < end, { error: 'must start before it ends' }),
    z.strictObject({ firstWindows: z.int().min(1).max(1000) }),
  ])
  .default({ firstWindows: 7 })
  .describe('A period, or the first windows that have rows. [default: the first 7 windows]');

const policySchema = z.strictObject({
  name: z.string().min(1).default('drift').describe('Its name in requests.'),
  model: z.string().min(1).describe('The model to train again.'),
  share: z.number().gt(0).max(1).default(0.3).describe('Share of drifted features from which it asks.'),
  cooldown: duration('7d').describe('How long it rests after a request, in event time. [default: 7d]'),
});

/** One entry of the monitors file. What is left out has the default; `policy: null` turns retraining off. */
export const monitorOptionsSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'must be letters, digits, dots, dashes and underscores')
    .optional()
    .describe('Default: view-<subject> or model-<subject>, which replaces the monitor that is there anyway.'),
  subjectKind: z.enum(['feature-view', 'model']),
  subject: z.string().min(1).describe('The feature view or the model.'),
  windowSize: positiveDuration('1d').describe('Length of the tumbling windows. [default: 1d]'),
  allowedLateness: duration('1h').describe('How long after its end a window stays open. [default: 1h]'),
  reference: referenceSchema,
  bins: z.int().min(2).max(100).default(10).describe('Numeric bins that the reference is cut into.'),
  psiThreshold: z.number().gt(0).default(0.2).describe('PSI from which a feature may have drifted.'),
  nullShareThreshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('Absolute change of the null share from which a feature may have drifted.'),
  falseDiscoveryRate: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.01)
    .describe('Evidence asked for: the largest false discovery rate over the tests of one window.'),
  policy: policySchema.nullish().describe('When to ask for retraining. [default: for a model, that model]'),
});

/** An entry of the monitors file, parsed. */
export type MonitorOptions = z.output<typeof monitorOptionsSchema>;

/** The monitors file. */
export const monitorsSchema = z.array(monitorOptionsSchema);
