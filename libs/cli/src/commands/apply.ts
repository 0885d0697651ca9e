import type { Command } from 'commander';
import type { PlannedDefinition } from '@millrace/client';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { contextOf } from '../globals.ts';
import type { Terminal } from '../io/terminal.ts';
import { loadDefinitions } from '../load-definitions.ts';
import type { Finish } from '../program.ts';

const optionsSchema = z.object({ yes: z.boolean().default(false), dryRun: z.boolean().default(false) });

/** `millrace apply <file>`. */
export function addApply(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('apply')
    .summary('register the definitions of a file')
    .description(
      'Registers the entities, feature views and feature services that a TypeScript, JavaScript or JSON file exports. Shows the plan and asks before it acts.',
    )
    .argument('<file>', 'a module that exports definitions, or a JSON file')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'show the plan only')
    .action(async (file: string, _: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const { yes, dryRun } = optionsSchema.parse(command.opts());
      const definitions = await loadDefinitions(file);
      const plan = await context.millrace.definitions.plan(definitions);
      const refused = plan.some(({ action }) => action === 'refuse');
      const changes = plan.filter(({ action }) => action !== 'unchanged').length;
      if (refused || dryRun || changes === 0) {
        context.answer({ applied: false, definitions: plan }, () => planText(plan));
        return finish(refused ? exitCodes.refused : exitCodes.ok);
      }
      if (!yes) {
        terminal.err(planText(plan));
        if (!terminal.interactive) {
          terminal.err('Nobody is there to be asked; --yes applies without asking.');
          return finish(exitCodes.usage);
        }
        if (!/^y(es)?$/i.test((await terminal.ask('Apply? [y/N] ')).trim())) {
          terminal.err('Nothing was changed.');
          return finish(exitCodes.declined);
        }
      }
      const applied = await context.millrace.definitions.apply(definitions);
      return context.answer({ applied: true, definitions: applied }, () =>
        yes ? `${planText(applied)}\nApplied.` : 'Applied.',
      );
    });
}

const signs = { create: '+', change: '~', unchanged: '=', refuse: '!' } as const;

/** A plan for people: what each definition becomes, and what stands in the way. */
export function planText(plan: readonly PlannedDefinition[]): string {
  const lines = plan.flatMap(({ kind, name, action, changes, problems }) => [
    `${signs[action]} ${kind} ${name}${action === 'unchanged' ? ' is unchanged' : ''}`,
    ...changes.map((change) => `    ${change}`),
    ...problems.map(({ path, message }) => `    refused: ${path}: ${message}`),
  ]);
  const count = (wanted: PlannedDefinition['action']) =>
    plan.filter(({ action }) => action === wanted).length;
  const sums = `${count('create')} to create, ${count('change')} to change, ${count('unchanged')} unchanged`;
  return [
    ...lines,
    count('refuse') === 0 ? sums : `${sums}, ${count('refuse')} refused: nothing can be applied`,
  ].join('\n');
}
