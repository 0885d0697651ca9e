import { createInterface } from 'node:readline/promises';

/** Where the command writes and whom it asks; tests pass their own. */
export interface Terminal {
  /** The answer of the command. */
  out(text: string): void;
  /** Everything else: progress, problems. */
  err(text: string): void;
  /** Whether a person is there who can be asked. */
  readonly interactive: boolean;
  ask(question: string): Promise<string>;
  /** Characters in a line. */
  readonly width: number;
}

/** The process's own terminal. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    width: process.stdout.columns ?? 100,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}
