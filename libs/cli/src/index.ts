export { type ExitCode, exitCodes } from './exit-codes.ts';
export type { Terminal } from './io/terminal.ts';
export { run } from './program.ts';
