import { describeError, type Running } from '@millrace/kernel';

/** Ends a program that was started for as long as somebody wants it. */
export interface Ending {
  /** Stops what runs, and exits with this code. Only the first call counts. */
  end(code: number): void;
}

/** Has what runs stopped, in order, when this process is told to end: Ctrl-C, SIGTERM or a closed terminal. */
export function stopOnSignal(running: Running<unknown>): Ending {
  let ending = false;
  const end = (code: number) => {
    if (ending) return;
    ending = true;
    running.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        console.error(describeError(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', () => end(0));
  process.on('SIGTERM', () => end(0));
  process.on('SIGHUP', () => end(0));
  return { end };
}
