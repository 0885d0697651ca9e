import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withLock } from './setup/lock.mjs';
import { matchesLock } from './setup/packages.mjs';
import { runForeground, runStep } from './setup/run.mjs';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-setup-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('withLock', () => {
  test('lets one in at a time and tells who waits', async () => {
    const file = join(folder, 'sub', 'lock');
    const told: string[] = [];
    const events: string[] = [];
    const inside = Promise.withResolvers<void>();
    const first = withLock(
      file,
      async () => void events.push('a', await inside.promise.then(() => 'a out')),
      () => undefined,
    );
    const second = withLock(
      file,
      async () => void events.push('b'),
      (line: string) => {
        told.push(line);
        inside.resolve();
      },
    );
    await Promise.all([first, second]);
    expect(events).toEqual(['a', 'a out', 'b']);
    expect(told).toEqual([`Waiting for another set-up (process ${process.pid}) …`]);
  });

  test('passes over the lock of a process that is gone, and leaves none after a failure', async () => {
    const file = join(folder, 'lock');
    await writeFile(file, String(spawnSync('true').pid));
    const failing = withLock(
      file,
      () => Promise.reject(new Error('torn')),
      () => undefined,
    );
    await expect(failing).rejects.toThrow('torn');
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});

describe('matchesLock', () => {
  const wanted = {
    '': { version: '1' },
    'libs/kernel': { version: '1' },
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/a-darwin': { version: '1.0.0', optional: true },
  };

  test('without the packages of other systems', () => {
    expect(matchesLock(wanted, { 'node_modules/a': { version: '1.0.0' } })).toBe(true);
  });

  test.each([
    ['missing', {}],
    ['another version', { 'node_modules/a': { version: '1.0.1' } }],
    ['another hash', { 'node_modules/a': { version: '1.0.0', integrity: 'y' } }],
  ])('%s is no match', (_what, installed) => {
    expect(matchesLock(wanted, installed)).toBe(false);
  });
});

describe('running commands', () => {
  test('a step that fails says which command and what it printed', async () => {
    const lines: string[] = [];
    const report = (line: string) => void lines.push(line);
    await runStep('Good', process.execPath, ['-e', ''], { cwd: folder, report });
    expect(lines).toEqual(['Good …', 'Good: done in 0 s']);
    const step = runStep('Bad', process.execPath, ['-e', "console.log('no disk'); process.exit(3)"], {
      cwd: folder,
      report,
    });
    await expect(step).rejects.toThrow(/^Bad failed: .*\nno disk$/s);
  });

  test('exit codes and signals are passed on', async () => {
    const options = { cwd: folder, env: process.env };
    expect(await runForeground(process.execPath, ['-e', 'process.exit(3)'], options)).toBe(3);
    const killed = await runForeground(
      process.execPath,
      ['-e', "process.kill(process.pid, 'SIGKILL')"],
      options,
    );
    expect(killed).toBe(128 + 9);
  });
});
