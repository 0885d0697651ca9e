import { z } from 'zod';
import { type Micros, MillraceError, parseInstant } from '@millrace/kernel';
import type { Knowledge, SnapshotFormat } from '@millrace/offline-store';
import type { Wanted } from '../online/service-cache.ts';

/** The media types in which a spine is taken and a snapshot is given. */
export const mediaTypes: Readonly<Record<SnapshotFormat, string>> = {
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
};

/** The format of a content type; undefined for another. */
export function formatOfMediaType(contentType: string): SnapshotFormat | undefined {
  const plain = contentType.split(';')[0]?.trim().toLowerCase();
  const formats: readonly SnapshotFormat[] = ['arrow', 'parquet', 'csv', 'ndjson'];
  return formats.find((format) => mediaTypes[format] === plain);
}

const instant = z.string().transform((text, context): Micros => {
  const parsed = parseInstant(text);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.error });
  return z.NEVER;
});
const offset = z.union([z.int().min(0), z.string().regex(/^\d{1,13}$/)]).transform(BigInt);
const positions = z.record(z.string(), z.record(z.string().regex(/^\d{1,5}$/), offset));

const described = {
  service: z.string().optional().describe('A feature service; or:'),
  knownAt: instant
    .optional()
    .describe('Use what the log knew by then, and nothing later; by default all that is stored.'),
};

/** The body of a request for the labels of a model. */
export const labelsBodySchema = z.strictObject({
  ...described,
  features: z.array(z.string()).min(1).optional().describe('Features, each view__feature.'),
  positions: positions
    .optional()
    .describe('Or the last offset known, by topic and partition, as a retraining request names them.'),
  strict: z.boolean().default(false).describe('Whether a value at the very time of the label is too late.'),
  labels: z.strictObject({
    model: z.string().describe('One row for each prediction of this model'),
    name: z.string().describe('that has this label'),
    from: instant.describe('and was made at or after this time'),
    until: instant.describe('and before this one.'),
  }),
});

/** The query of a request whose body is the spine. */
export const spineQuerySchema = z.strictObject({
  ...described,
  features: z
    .string()
    .transform((text) => text.split(','))
    .optional()
    .describe('Features, each view__feature, separated by commas.'),
  timeColumn: z.string().default('event_time').describe('The column of the spine with the time of each row.'),
  strict: z.stringbool().default(false).describe('Whether a value at the very time of the row is too late.'),
});

/** @throws MillraceError REQUEST_INVALID that names every field which breaks its rule. */
export function parsed<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the request'}: ${message}`,
  );
  throw new MillraceError('REQUEST_INVALID', problems.join('; '), { details: { problems } });
}

/** What a snapshot reads. @throws MillraceError REQUEST_INVALID */
export function wantedOf({
  service,
  features,
}: {
  readonly service?: string | undefined;
  readonly features?: readonly string[] | undefined;
}): Wanted {
  if (service !== undefined && features === undefined) return { service };
  if (features !== undefined && service === undefined) return { features };
  throw new MillraceError('REQUEST_INVALID', 'name either a service or features');
}

/** What a snapshot is to know. @throws MillraceError REQUEST_INVALID */
export function knowledgeOf(
  knownAt: Micros | undefined,
  vector: z.output<typeof positions> | undefined,
): Knowledge | undefined {
  if (knownAt !== undefined && vector !== undefined) {
    throw new MillraceError('REQUEST_INVALID', 'knownAt cannot stand beside positions');
  }
  if (vector !== undefined) return { vector };
  return knownAt === undefined ? undefined : { at: knownAt };
}
