import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StackAddresses, startStack } from '@millrace/embedded';
import { type Running, startTogether } from '@millrace/kernel';
import { startContainers } from './containers.ts';
import { stackFromEnvironment } from './given-stack.ts';

/**
 * Brings the servers that tests run against: the ones named by `MILLRACE_TEST_…` variables; else containers,
 * when `MILLRACE_TEST_CONTAINERS=1` and a container engine answers; else the embedded stack in a fresh folder.
 */
export async function startTestStack(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Running<StackAddresses>> {
  const given = stackFromEnvironment(environment);
  if (given !== undefined) return { value: given, stop: async () => undefined };
  if (environment['MILLRACE_TEST_CONTAINERS'] === '1') {
    const containers = await startContainers();
    if (containers !== undefined) return containers;
    console.warn('MILLRACE_TEST_CONTAINERS=1, but no container engine answers: using the embedded stack');
  }
  return startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    return starter.start(() => startStack({ folder }));
  });
}
