import type { Terminal } from '../io/terminal.ts';

/** A terminal that keeps what is written to it, and answers questions as it was told. */
export interface RecordedTerminal extends Terminal {
  readonly written: () => string;
  readonly complaints: () => string;
}

/** Makes one; without an answer nobody is there to be asked. */
export function recordedTerminal(answer?: string): RecordedTerminal {
  const written: string[] = [];
  const complaints: string[] = [];
  return {
    out: (text) => void written.push(text),
    err: (text) => void complaints.push(text),
    interactive: answer !== undefined,
    width: 100,
    ask: () => Promise.resolve(answer ?? ''),
    written: () => written.join('\n'),
    complaints: () => complaints.join('\n'),
  };
}
