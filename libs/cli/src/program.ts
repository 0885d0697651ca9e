import { Command, CommanderError } from 'commander';
import { describeError, MillraceError } from '@millrace/kernel';
import { addApply } from './commands/apply.ts';
import { addDeadLetters } from './commands/dead-letters.ts';
import { addDescribe } from './commands/describe.ts';
import { addImport } from './commands/import.ts';
import { addList } from './commands/list.ts';
import { addRebuild } from './commands/rebuild.ts';
import { addSnapshot } from './commands/snapshot.ts';
import { addStatus } from './commands/status.ts';
import { addTrace } from './commands/trace.ts';
import { addVerify } from './commands/verify.ts';
import { addWindows } from './commands/windows.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { addGlobals } from './globals.ts';
import type { Terminal } from './io/terminal.ts';

const AFTER_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (a rule is broken), 4 not found,
5 not available (trying again may help), 6 declined at a question.

Examples:
  $ millrace apply features.ts
  $ millrace import history.parquet --view airport_departures --event-time hour
  $ millrace snapshot create --service late_arrival --labels-of late_arrival --label arrived_late \\
      --from 2001-01-01T00:00:00Z --until 2001-02-01T00:00:00Z --out train.parquet
  $ millrace trace airport=SFO --entity airport`;

/** What a command's action answers: the exit code, or nothing for 0. */
export type Finish = (code: ExitCode) => void;

/** The whole command line. */
export function createProgram(terminal: Terminal, finish: Finish): Command {
  const program = new Command('millrace')
    .description('Features, models and their monitoring, from the command line.')
    .version('0.1.0')
    .showHelpAfterError('(--help tells more)')
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      getOutHelpWidth: () => Math.min(terminal.width, 100),
    })
    .addHelpText('after', AFTER_HELP)
    .exitOverride();
  addGlobals(program);
  for (const add of [
    addApply,
    addList,
    addDescribe,
    addStatus,
    addImport,
    addSnapshot,
    addWindows,
    addTrace,
    addVerify,
    addDeadLetters,
    addRebuild,
  ]) {
    add(program, terminal, finish);
  }
  return program;
}

/** Runs one command line, such as `['list', 'views']`, and answers the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = createProgram(terminal, (finished) => {
    code = finished;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const json = args.includes('--json');
    terminal.err(json ? JSON.stringify(errorAsJson(error)) : errorAsText(error));
    return exitCodeOf(error);
  }
}

function errorAsText(error: unknown): string {
  return error instanceof MillraceError
    ? `${error.code}: ${error.message}`
    : `failed: ${describeError(error)}`;
}

function errorAsJson(error: unknown) {
  const details = error instanceof MillraceError ? error.details : {};
  const code = error instanceof MillraceError ? error.code : 'INTERNAL';
  return { error: { ...details, code, message: describeError(error) } };
}
