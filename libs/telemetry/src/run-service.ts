import { describeError, type Running } from '@millrace/kernel';
import type { Logger } from './logger.ts';

/** Servers that are away must not keep a service from ending; whoever supervises it kills it after 30 s. */
const STOP_MS = 25_000;

/**
 * Runs a service as a process: starts it, stops it on SIGTERM or SIGINT, and exits with 1 when it fails to start
 * or reports a failure later, so that whoever supervises it starts it again and nothing is skipped in silence.
 */
export async function runService(
  logger: Logger,
  start: (onFailure: (error: unknown) => void) => Promise<Running<unknown>>,
): Promise<void> {
  let running: Running<unknown> | undefined;
  let ending = false;
  const end = async (code: number) => {
    if (ending) return;
    ending = true;
    setTimeout(() => {
      logger.error(`not stopped after ${STOP_MS} ms: what is under way is left as it is`);
      process.exit(1);
    }, STOP_MS).unref();
    try {
      await running?.stop();
    } catch (error) {
      logger.error({ err: error }, 'failed to stop cleanly');
      process.exitCode = 1;
    }
    process.exit(process.exitCode ?? code);
  };
  const fail = (error: unknown) => {
    logger.fatal({ err: error }, `failed: ${describeError(error)}`);
    void end(1);
  };
  process.on('SIGTERM', () => void end(0));
  process.on('SIGINT', () => void end(0));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    running = await start(fail);
    logger.info('started');
  } catch (error) {
    fail(error);
  }
}
