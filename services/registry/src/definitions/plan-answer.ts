import { z } from 'zod';
import type { PlannedDefinition } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';

/** A planned definition as it is answered. */
export const plannedSchema = z.object({
  kind: z.enum(['entity', 'feature-view', 'feature-service']),
  name: z.string(),
  action: z.enum(['create', 'change', 'unchanged', 'refuse']),
  changes: z.array(z.string()).describe('What it does, in sentences.'),
  problems: z
    .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
    .describe('Why it is refused, by field.'),
});

/** A plan as it is answered. */
export function planAnswer(plan: readonly PlannedDefinition[]): z.infer<typeof plannedSchema>[] {
  return plan.map(({ definition, action, changes, problems }) => ({
    kind: definition.kind,
    name: definition.name,
    action,
    changes: [...changes],
    problems: [...problems],
  }));
}

/** The error that says everything that is wrong with a plan; undefined when it can be applied. */
export function refusalOf(plan: readonly PlannedDefinition[]): MillraceError | undefined {
  const refused = plan.filter(({ problems }) => problems.length > 0);
  if (refused.length === 0) return undefined;
  const problems = refused.flatMap(({ definition, problems: found }) =>
    found.map((problem) => ({ ...problem, where: `${definition.kind} ${definition.name}` })),
  );
  const incompatible = problems.some(({ code }) => code === 'DEFINITION_INCOMPATIBLE');
  return new MillraceError(
    incompatible ? 'DEFINITION_INCOMPATIBLE' : 'DEFINITION_INVALID',
    problems.map(({ where, message }) => `${where}: ${message}`).join('; '),
    { details: { definitions: planAnswer(plan) } },
  );
}
