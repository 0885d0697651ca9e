import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Definition } from './definition.ts';

/** JSON with the members of every object sorted, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(z.json().parse(value)));
}

function sorted(value: z.core.util.JSONType): z.core.util.JSONType {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** The text of a definition as it stands in the log; members keep their order, which an entity's key needs. */
export function definitionText(definition: Definition): string {
  return JSON.stringify(definition);
}

/** SHA-256, in hex, of a definition. The order of key columns counts, the order of other members does not. */
export function definitionHash(definition: Definition): string {
  const order = definition.kind === 'entity' ? Object.keys(definition.keys) : [];
  const plain: unknown = JSON.parse(definitionText(definition));
  return createHash('sha256')
    .update(canonicalJson({ definition: plain, order }))
    .digest('hex');
}
