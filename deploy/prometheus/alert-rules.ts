import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const rulesSchema = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});

/** The expression of an alert. @throws Error when there is no such alert */
export function alertExpression(name: string): string {
  const file = join(import.meta.dirname, 'alerts.yml');
  const { groups } = rulesSchema.parse(parse(readFileSync(file, 'utf8')));
  const rule = groups.flatMap(({ rules }) => rules).find(({ alert }) => alert === name);
  if (rule === undefined) throw new Error(`there is no alert ${name}`);
  return rule.expr;
}
