import { SingleBar } from 'cli-progress';
import type { VerificationProgress } from '@millrace/verification';
import type { Terminal } from '../io/terminal.ts';

/** Shows how far a verification is. */
export interface VerificationDisplay {
  show(progress: VerificationProgress): void;
  done(): void;
}

const PLAIN_EVERY_MS = 5_000;

const words = {
  waiting: 'waiting for',
  conservation: 'log and offline store:',
  parity: 'online and offline store:',
  records: 'every row against its record:',
} as const;

/** A bar where a person looks on; a line every few seconds elsewhere. */
export function showVerification({ interactive, err }: Terminal): VerificationDisplay {
  if (interactive) return barDisplay();
  let said = performance.now();
  return {
    show({ step, what, done, of }) {
      if (performance.now() - said < PLAIN_EVERY_MS) return;
      said = performance.now();
      err(`${words[step]} ${what} (${done} of ${of})`);
    },
    done: () => undefined,
  };
}

function barDisplay(): VerificationDisplay {
  const bar = new SingleBar({
    format: '{words} {bar} {percentage}% {what}',
    hideCursor: true,
    stream: process.stderr,
  });
  let step: VerificationProgress['step'] | undefined;
  return {
    show(progress) {
      const shown = { words: words[progress.step], what: progress.what };
      if (progress.step === step) bar.update(progress.done, shown);
      else {
        bar.stop();
        bar.start(Math.max(progress.of, 1), progress.done, shown);
        step = progress.step;
      }
    },
    done: () => bar.stop(),
  };
}
