import { userInfo } from 'node:os';
import type { EventId } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import type { DeadLetterOutcome } from '@millrace/processing';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts';
import type { Context } from '../globals.ts';
import { showProgress } from '../io/progress.ts';
import { clickHouseOf, type StoresConfig, storesConfig } from '../io/stores.ts';
import { grouped } from '../io/table.ts';
import { carryOut } from './carry-out.ts';
import { unknownLetter } from './inspect.ts';
import { outcomesOf, outcomesText } from './outcomes.ts';
import {
  type DeadLetterFilter,
  findById,
  findDeadLetters,
  type FoundDeadLetter,
} from './read-dead-letters.ts';

/** A command to dead letters, as it was typed. */
export interface TypedCommand {
  readonly what: 'replay' | 'discard';
  readonly ids: readonly EventId[];
  /** Every open one that fits the filter, instead of ids. */
  readonly all: boolean;
  readonly filter: DeadLetterFilter;
  readonly order: { readonly by: string | undefined; readonly reason: string | null };
  readonly yes: boolean;
}

/**
 * Finds the dead letters, asks where many are meant, and carries the command out. Safe to repeat: what was done
 * already stays as it is.
 *
 * @throws MillraceError CONFIG_INVALID, STORE_UNAVAILABLE, LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE
 */
export async function giveCommand(typed: TypedCommand, { terminal, answer }: Context): Promise<ExitCode> {
  const { what, ids, all, yes } = typed;
  if (all === ids.length > 0) throw new MillraceError('CONFIG_INVALID', 'name dead letters, or give --all');
  const config = storesConfig();
  const found = await find(typed, config);
  if (all && found.length > 0 && !yes) {
    const question = `${what === 'replay' ? 'Replay' : 'Discard'} ${grouped(found.length)} dead letters? [y/N] `;
    if (!terminal.interactive) {
      terminal.err(`${question}\nNobody is there to be asked; --yes does it without asking.`);
      return exitCodes.usage;
    }
    if (!/^y(es)?$/i.test((await terminal.ask(question)).trim())) return exitCodes.declined;
  }
  const known = new Set(found.map(({ id }) => id));
  const outcomes: DeadLetterOutcome[] = ids
    .filter((id) => !known.has(id))
    .map((id) => ({ id, ok: false, error: unknownLetter(id) }));
  const progress = all ? showProgress(what, found.length, terminal, 'dead letters') : undefined;
  const order = { by: typed.order.by ?? userInfo().username, reason: typed.order.reason };
  await carryOut(what, found, order, config, (some) => {
    outcomes.push(...some);
    progress?.add(some.length);
  });
  progress?.done();
  const sums = outcomesOf(outcomes);
  answer(sums, () => outcomesText(what === 'replay' ? 'replayed' : 'discarded', sums));
  const [failed] = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
  return failed === undefined ? exitCodes.ok : exitCodeOf(failed);
}

async function find(
  { ids, all, filter }: TypedCommand,
  config: StoresConfig,
): Promise<readonly FoundDeadLetter[]> {
  const client = await clickHouseOf(config);
  try {
    return all
      ? await findDeadLetters(client.value, { ...filter, state: 'open' })
      : await findById(client.value, ids);
  } finally {
    await client.stop();
  }
}
