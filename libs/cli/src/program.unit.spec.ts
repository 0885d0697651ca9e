import { describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { MillraceError } from '@millrace/kernel';
import { run } from './program.ts';
import { recordedTerminal } from './testing/recorded-terminal.ts';

/** Nothing listens on port 9 of loopback. */
const nowhere = ['--registry-url', 'http://127.0.0.1:9'];

async function ran(...args: readonly string[]) {
  const terminal = recordedTerminal();
  const code = await run(args, terminal);
  return { code, written: terminal.written(), complaints: terminal.complaints() };
}

describe('the command line', () => {
  it('helps', async () => {
    const { code, written } = await ran('--help');
    expect(code).toBe(exitCodes.ok);
    for (const command of [
      'apply',
      'list',
      'describe',
      'status',
      'import',
      'snapshot',
      'windows',
      'trace',
      'dead-letters',
    ]) {
      expect(written).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(written).toContain('Exit codes: 0 done');
  });

  it.each([
    [['aply'], /unknown command 'aply'/],
    [['rebuild', 'elsewhere'], /Allowed choices are online, offline/],
    [['list', 'widgets'], /Allowed choices are all, entities/],
    [['import', 'x.csv'], /required option '--view/],
    [['import', 'x.csv', '--view', 'v', '--map', 'broken'], /name=column/],
    [['windows', '--from', 'yesterday'], /must be an ISO 8601 time/],
    [['trace', 'airport=SFO', '--limit', '0'], /whole number above 0/],
    [['dead-letters', 'inspect', 'features.v'], /id of a dead letter or topic\/partition@offset/],
    [['dead-letters', 'discard', 'features.v/0@1'], /required option '--reason/],
    [['dead-letters', 'replay'], /CONFIG_INVALID: name dead letters, or give --all/],
    [['dead-letters', 'replay', 'features.v/0@1', '--all'], /CONFIG_INVALID: name dead letters/],
    [['snapshot', 'create', '--service', 's'], /CONFIG_INVALID: give --spine, or all of/],
  ])('%j is a wrong usage', async (args, complaint) => {
    const { code, complaints } = await ran(...args);
    expect(complaints).toMatch(complaint);
    expect(code).toBe(exitCodes.usage);
  });

  it('says that a service does not answer, as JSON where that was asked for', async () => {
    const text = await ran('list', ...nowhere);
    expect(text).toMatchObject({
      code: exitCodes.unavailable,
      complaints: expect.stringContaining('SERVICE_UNAVAILABLE: http://127.0.0.1:9'),
    });
    const json = await ran('list', '--json', ...nowhere);
    expect(JSON.parse(json.complaints)).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE' } });
  });

  it.each([
    ['DEFINITION_INCOMPATIBLE', exitCodes.refused],
    ['DEFINITION_UNKNOWN', exitCodes.notFound],
    ['SNAPSHOT_UNKNOWN', exitCodes.notFound],
    ['LOG_UNAVAILABLE', exitCodes.unavailable],
    ['INTERNAL', exitCodes.failed],
  ] as const)('ends %s with %i', (code, exit) => {
    expect(exitCodeOf(new MillraceError(code, 'it happened'))).toBe(exit);
  });
});
