import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot, type StackAddresses, stackVariables } from '@millrace/embedded';

const run = promisify(execFile);

/** What `millrace verify` said. */
export interface Verified {
  readonly clean: boolean;
  readonly said: string;
}

/** Runs `millrace verify` as an operator does. */
export async function verify(servers: StackAddresses): Promise<Verified> {
  const main = join(repositoryRoot, 'libs', 'cli', 'src', 'main.ts');
  const env = { ...process.env, ...stackVariables(servers) };
  try {
    const { stdout } = await run(process.execPath, [main, 'verify'], { env });
    return { clean: true, said: stdout };
  } catch (error) {
    return { clean: false, said: error instanceof Error ? error.message : String(error) };
  }
}
