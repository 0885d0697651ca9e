import { describe, expect, it } from 'vitest';
import { ClickHouseError, fromEngine } from './clickhouse-error.ts';

describe('fromEngine', () => {
  it('reads code, message and type', () => {
    const error = fromEngine(new Error('Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)'));
    expect(error).toMatchObject({ code: 60, type: 'UNKNOWN_TABLE', message: 'Table x does not exist' });
    expect(error.toBody('26.7')).toBe(
      'Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version 26.7)\n',
    );
  });

  it('takes an exception out of another', () => {
    const inner = 'Code: 36. DB::Exception: Cannot append. (BAD_ARGUMENTS) (version 26.7.2.1)';
    const error = fromEngine(new Error(`Code: 36. DB::Exception: ${inner}. (BAD_ARGUMENTS)`));
    expect(error.message).toBe('Cannot append');
  });

  it('says that a full disk may pass', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(fromEngine(full)).toMatchObject({ code: 243, type: 'NOT_ENOUGH_SPACE' });
  });

  it('gives anything else the code of an unknown exception', () => {
    expect(fromEngine('boom')).toMatchObject({ code: 1002, message: 'boom' });
    const known = new ClickHouseError(1, 'X', 'x');
    expect(fromEngine(known)).toBe(known);
  });
});
