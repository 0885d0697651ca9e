import type { RowIssue } from '@millrace/feature-registry/row';
import { suggest } from '@millrace/feature-registry/row';
import { type ErrorCode, err, isInstant, type Micros, ok, parseInstant, type Result } from '@millrace/kernel';
import { z } from 'zod';

/** A time in the row format. */
export const instantSchema = z
  .string()
  .describe('ISO 8601 with a zone, to the microsecond.')
  .transform((text, context): Micros => {
    const parsed = parseInstant(text);
    if (parsed.ok && isInstant(parsed.value)) return parsed.value;
    context.addIssue({
      code: 'custom',
      message: parsed.ok ? 'must lie in the years 1 to 9999' : parsed.error,
      params: { millrace: 'TIME_INVALID' },
    });
    return z.NEVER;
  });

/** Text that UTF-8 can hold and that is not empty. */
export const nameSchema = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed(), { error: 'must be well-formed Unicode' });

/** The columns of an entity key and their values; as text in the event, where the feature service knows the types. */
export const entityKeySchema = z
  .record(z.string(), z.union([nameSchema, z.literal(''), z.int(), z.boolean()]))
  .refine((key) => Object.keys(key).length > 0, { error: 'must have a column' })
  .transform(
    (key): Record<string, string> =>
      Object.fromEntries(Object.entries(key).map(([column, value]) => [column, String(value)])),
  );

/** A whole number that an Avro long holds; a decimal string where JSON's numbers end. */
export const longSchema = z
  .union([z.int(), z.string().regex(/^-?\d{1,18}$/, 'must be a whole number')])
  .transform((value) => BigInt(value));

/** What events have in common. */
export const commonFields = {
  eventId: z.uuid().nullish().describe('Names the event; of several with one id only the first counts.'),
  eventTime: instantSchema
    .nullish()
    .describe('When it was true in the world: ISO 8601 with a zone. Now, when left out.'),
};

/** Parses a row and tells every rule that it breaks. */
export function parseRow<S extends z.ZodObject>(
  schema: S,
  row: unknown,
): Result<z.output<S>, readonly RowIssue[]> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return ok(parsed.data);
  const known = Object.keys(schema.shape);
  return err(parsed.error.issues.flatMap((issue) => rowIssues(issue, known)));
}

function rowIssues(issue: z.core.$ZodIssue, known: readonly string[]): RowIssue[] {
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .slice(issue.path.length > 0 && typeof issue.path[0] !== 'number' ? 1 : 0);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = issue.path.length === 0 ? suggest(key, known) : undefined;
      const question = meant === undefined ? '' : `; did you mean ${meant}?`;
      return {
        path: path === '' ? key : `${path}.${key}`,
        code: 'FIELD_UNKNOWN',
        message: `there is no field ${key}${question}`,
      };
    });
  }
  if (issue.path.length === 0 && issue.code === 'invalid_type') {
    return [{ path, code: 'REQUEST_INVALID', message: 'a row must be an object' }];
  }
  return [{ path, code: codeOf(issue), message: `${path} ${issue.message}` }];
}

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  if (issue.code === 'custom' && issue.params?.['millrace'] === 'TIME_INVALID') return 'TIME_INVALID';
  return issue.path[0] === 'entityKey' ? 'KEY_INVALID' : 'VALUE_INVALID';
}
