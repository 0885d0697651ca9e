import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '@millrace/kernel';
import { type CommandLine, readCommandLine, USAGE } from './options.ts';
import { isExpected, report } from './report.ts';
import { runChaos } from './run-chaos.ts';

process.exit(await main(process.argv.slice(2)));

function stopSignal(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  return abort.signal;
}

async function main(args: readonly string[]): Promise<number> {
  let options: CommandLine;
  try {
    options = readCommandLine(args);
  } catch (error) {
    console.error(`${describeError(error)}\n${USAGE}`);
    return 2;
  }
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  const say = (line: string) => console.log(line);
  say(`seed ${seed}${options.keep ? `, folder ${folder}` : ''}`);
  try {
    const result = await runChaos({ ...options, folder, seed, say, signal: stopSignal() });
    for (const line of report(result)) say(line);
    return isExpected(result, options.control) ? 0 : 1;
  } catch (error) {
    console.error(describeError(error));
    return 1;
  } finally {
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}
