import { Gauge, type Registry } from 'prom-client';
import { describeError } from '@millrace/kernel';

/** A server that is frozen answers no question; whoever asks for the health is not to wait for it. */
const ANSWER_MS = 3_000;

/** Says what keeps a service from doing its work right now, in words; none when it is ready. */
export type AskProblems = () => Promise<readonly string[]> | readonly string[];

/**
 * Asks for the problems of a service within a limit, and measures their number as `millrace_problems`.
 * No answer, and a question that fails, are problems too.
 */
export function healthOf(ask: AskProblems, registry: Registry): () => Promise<readonly string[]> {
  async function problems(): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => resolve([`no answer about the health in ${ANSWER_MS} ms`]), ANSWER_MS);
    });
    try {
      return await Promise.race([ask(), late]);
    } catch (error) {
      return [describeError(error)];
    } finally {
      clearTimeout(timer);
    }
  }
  const gauge = new Gauge({
    name: 'millrace_problems',
    help: 'What keeps the service from doing its work right now: as many things as /health/ready names.',
    registers: [registry],
    async collect() {
      gauge.set((await problems()).length);
    },
  });
  return problems;
}
