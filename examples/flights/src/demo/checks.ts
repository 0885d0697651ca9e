import { describeError } from '@millrace/kernel';

/** One thing that must be true at the end of the demo. */
export interface Check {
  readonly name: string;
  /** Says in a few words what was found right; throws {@link CheckFailed} where it is wrong. */
  run(): Promise<string>;
}

/** What came of a check. */
export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Something that must be true is not. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** Fails the check unless both are the same number. */
export function mustEqual(what: string, found: number, expected: number): void {
  if (found !== expected)
    throw new CheckFailed(
      `${what}: ${found.toLocaleString('en-US')} instead of ${expected.toLocaleString('en-US')}`,
    );
}

/** Runs every check, also after one has failed; a check that cannot be made has failed. */
export async function runChecks(checks: readonly Check[]): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, run } of checks) {
    try {
      results.push({ name, passed: true, detail: await run() });
    } catch (error) {
      results.push({ name, passed: false, detail: describeError(error) });
    }
  }
  return results;
}
