import { describe, expect, it } from 'vitest';
import { CheckFailed, mustEqual, runChecks } from './checks.ts';

describe('runChecks', () => {
  it('goes on after a failure, and counts a check that cannot be made as failed', async () => {
    const results = await runChecks([
      { name: 'wrong', run: async () => Promise.reject(new CheckFailed('two instead of three')) },
      { name: 'unreachable', run: async () => Promise.reject(new TypeError('fetch failed')) },
      { name: 'right', run: async () => 'three' },
    ]);
    expect(results).toEqual([
      { name: 'wrong', passed: false, detail: 'two instead of three' },
      { name: 'unreachable', passed: false, detail: 'fetch failed' },
      { name: 'right', passed: true, detail: 'three' },
    ]);
  });
});

describe('mustEqual', () => {
  it('says what was found and what was expected', () => {
    expect(() => mustEqual('rows', 12_345, 12_346)).toThrow('rows: 12,345 instead of 12,346');
    expect(() => mustEqual('rows', 1, 1)).not.toThrow();
  });
});
