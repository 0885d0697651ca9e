import { z } from 'zod';
import { MillraceError } from './errors.ts';
import { parseDuration } from './time.ts';

/**
 * Reads a configuration from environment variables once. Each key of the schema is read from
 * `prefix` + its name in upper snake case: with prefix `MILLRACE_`, `kafkaBrokers` is `MILLRACE_KAFKA_BROKERS`.
 *
 * @returns a frozen object.
 * @throws MillraceError CONFIG_INVALID that names every variable which breaks its rule.
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
  prefix = 'MILLRACE_',
): Readonly<z.output<S>> {
  const raw: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const value = environment[variableName(key, prefix)];
    if (value !== undefined && value !== '') raw[key] = value;
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${variableName(String(issue.path[0] ?? ''), prefix)}: ${issue.message}`,
    );
    throw new MillraceError('CONFIG_INVALID', `invalid configuration: ${problems.join('; ')}`, {
      details: { problems },
    });
  }
  return Object.freeze(parsed.data);
}

/** The environment variable of a configuration key: `kafkaBrokers` is `MILLRACE_KAFKA_BROKERS`. */
export function variableName(key: string, prefix = 'MILLRACE_'): string {
  return prefix + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** An option that is a duration such as `500ms` or `10m`, as microseconds. */
export function durationOption(defaultText: string) {
  return z
    .string()
    .default(defaultText)
    .transform((text, context) => {
      const parsed = parseDuration(text);
      if (parsed.ok) return parsed.value;
      context.addIssue(parsed.error);
      return z.NEVER;
    });
}
