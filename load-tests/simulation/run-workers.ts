import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Report, reportSchema } from './reports.ts';

/** Which seeds are run, and by how many processes. */
export interface Campaign {
  readonly first: number;
  readonly count: number;
  readonly workers: number;
  readonly worlds: readonly string[];
  onReport(report: Report): void;
}

const program = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Runs seeds in several processes; rejects when a seed fails by something else than a broken promise. */
export async function runWorkers({ first, count, workers, worlds, onReport }: Campaign): Promise<void> {
  const running = Array.from({ length: Math.min(workers, count) }, async (_, index) => {
    const task = { first: first + index, count: count - index, stride: workers, worlds };
    const worker = fork(program, [JSON.stringify(task)]);
    worker.on('message', (message) => onReport(reportSchema.parse(message)));
    const [code] = await once(worker, 'exit');
    if (code !== 0) throw new Error(`a worker ended with ${String(code)}`);
  });
  await Promise.all(running);
}
