import { z } from 'zod';
import type { JsonSchema, Operation } from './open-api.ts';
import type { Answer } from './send-request.ts';

const compiled = new WeakMap<JsonSchema, z.ZodType>();

/** What of an answer is not as the document of its service says; nothing, when it is. */
export function notDocumented({ responses }: Operation, { status, type, text }: Answer): string | undefined {
  const described = responses[status] ?? responses['default'];
  if (described === undefined) return `status ${status} is not documented`;
  const media = type.split(';')[0]?.trim() ?? '';
  const content = described.content[media];
  if (content === undefined) return `status ${status} is not documented as ${type}`;
  if (!media.endsWith('json')) return undefined;
  const checked = schemaOf(content.schema).safeParse(JSON.parse(text));
  if (checked.success) return undefined;
  const [issue] = checked.error.issues;
  return `status ${status} is not what is documented: ${issue?.path.join('.')} ${issue?.message}`;
}

function schemaOf(schema: JsonSchema): z.ZodType {
  const known = compiled.get(schema) ?? z.fromJSONSchema(schema);
  compiled.set(schema, known);
  return known;
}
