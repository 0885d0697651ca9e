import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const MEBIBYTE = 2 ** 20;
const ANSWER_MS = 60_000;

/** The variables that let a service of Node be asked by {@link liveMemory}; it listens on loopback only. */
export const inspectable = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const;

/** Where the inspector of each service listens, as the first lines of its log say. */
export async function inspectorsOf(
  folder: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const found = names.map(async (name) => {
    const log = await readFile(join(folder, 'logs', `${name}.log`), 'utf8');
    const [, address] = /Debugger listening on (ws:\S+)/.exec(log) ?? [];
    if (address === undefined) throw new Error(`the log of ${name} does not name an inspector`);
    return [name, address] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

const answerSchema = z.object({
  id: z.number(),
  result: z.object({ result: z.object({ value: z.unknown() }).optional() }),
});
const usageSchema = z.object({ heapUsed: z.number(), external: z.number() });

/** Garbage of external memory is let go by what the first collection found. */
const questions = [
  { method: 'HeapProfiler.collectGarbage' },
  { method: 'HeapProfiler.collectGarbage' },
  { method: 'Runtime.evaluate', params: { expression: 'process.memoryUsage()', returnByValue: true } },
] as const;

/**
 * MiB that a process holds on to: heap and external memory, buffers among it, after a full collection. What the
 * process has reserved from the system is more, and says nothing of what it keeps.
 *
 * @throws Error when the process does not answer
 */
export async function liveMemory(inspector: string): Promise<number> {
  const socket = new WebSocket(inspector);
  try {
    const value = await new Promise<unknown>((resolve, reject) => {
      const failed = () => reject(new Error(`the inspector at ${inspector} did not answer`));
      const late = setTimeout(failed, ANSWER_MS);
      socket.addEventListener('error', failed);
      socket.addEventListener('close', () => {
        clearTimeout(late);
        failed();
      });
      const ask = (id: number) => socket.send(JSON.stringify({ id, ...questions[id] }));
      socket.addEventListener('open', () => ask(0));
      socket.addEventListener('message', ({ data }) => {
        const { id, result } = answerSchema.parse(JSON.parse(String(data)));
        if (id + 1 < questions.length) ask(id + 1);
        else resolve(result.result?.value);
      });
    });
    const { heapUsed, external } = usageSchema.parse(value);
    return (heapUsed + external) / MEBIBYTE;
  } finally {
    // A process does not end while it is inspected.
    socket.close();
  }
}
