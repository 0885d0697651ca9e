import type { StackAddresses } from '@millrace/embedded';
import { startTestStack } from './start-test-stack.ts';

interface Project {
  provide(key: 'stack', value: StackAddresses): void;
}

/** Vitest's global set-up: one stack for the run, its addresses handed to every test file. */
export default async function setup(project: Project): Promise<() => Promise<void>> {
  const { value, stop } = await startTestStack(process.env);
  project.provide('stack', value);
  return stop;
}
