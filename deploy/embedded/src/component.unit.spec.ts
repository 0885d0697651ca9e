import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MillraceError } from '@millrace/kernel';
import { type ComponentSpec, startComponent } from './component.ts';
import type { Guard } from './guard.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-component-'));
});
afterEach(() => rm(folder, { recursive: true }));

function script(code: string, options: Partial<ComponentSpec> = {}): ComponentSpec {
  const logFile = join(folder, 'logs', 'tool.log');
  const ready = async () => (await readFile(logFile, 'utf8')).includes('ready');
  return { name: 'tool', command: process.execPath, args: ['-e', code], logFile, ready, ...options };
}

/** A guard that remembers instead of guarding, and a promise of the first failure. */
function context() {
  const watched = new Set<number>();
  const guard: Guard = { pid: 0, watch: (pid) => watched.add(pid), release: (pid) => watched.delete(pid) };
  const failure = Promise.withResolvers<MillraceError>();
  return { guard, onFailure: failure.resolve, failed: failure.promise, watched };
}

describe('startComponent', () => {
  test('is guarded while it runs, and stops when told', async () => {
    const around = context();
    const component = await startComponent(
      script("console.log('ready'); setInterval(() => {}, 1000)"),
      around,
    );
    expect([...around.watched]).toEqual([component.value]);
    await component.stop();
    expect(around.watched.size).toBe(0);
    await component.stop();
  });

  test('kills what does not stop in time', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)";
    const component = await startComponent(script(stubborn, { stopTimeoutMs: 100 }), context());
    await component.stop();
    expect(() => process.kill(component.value, 0)).toThrow('ESRCH');
  });

  test('fails with the end of the log when it ends before it is ready', async () => {
    const start = startComponent(script("console.log('no disk'); process.exitCode = 3"), context());
    await expect(start).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      details: { component: 'tool' },
      message: expect.stringMatching(/^tool did not start \(exit code 3\).*\nno disk$/s),
    });
  });

  test('fails when it is not ready in time, and ends it', async () => {
    const around = context();
    const start = startComponent(script('setInterval(() => {}, 1000)', { startTimeoutMs: 50 }), around);
    await expect(start).rejects.toThrow('tool was not ready after 0.05 s');
    expect(around.watched.size).toBe(0);
  });

  test('reports an end that nobody asked for', async () => {
    const around = context();
    await startComponent(
      script("console.log('ready'); setTimeout(() => { throw new Error('torn') }, 300)"),
      around,
    );
    const error = await around.failed;
    expect(error.message).toMatch(/^tool stopped by itself \(exit code 1\)/);
    expect(error.message).toContain('Error: torn');
  });

  test('names a command that is not there', async () => {
    const start = startComponent(script('', { command: join(folder, 'absent') }), context());
    await expect(start).rejects.toThrow('tool could not be run: ');
  });

  test('keeps the log of the start before', async () => {
    for (const word of ['first', 'second']) {
      const code = `console.log('ready ${word}'); setInterval(() => {}, 1000)`;
      await (await startComponent(script(code), context())).stop();
    }
    expect(await readFile(join(folder, 'logs', 'tool.log.previous'), 'utf8')).toBe('ready first\n');
    expect(await readFile(join(folder, 'logs', 'tool.log'), 'utf8')).toBe('ready second\n');
  });
});
