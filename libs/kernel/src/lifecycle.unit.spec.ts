import { expect, it } from 'vitest';
import { startTogether } from './lifecycle.ts';

function part(name: string, journal: string[], failure?: { start?: boolean; stop?: boolean }) {
  return async () => {
    if (failure?.start === true) throw new Error(`${name} does not start`);
    journal.push(`start ${name}`);
    return {
      value: name,
      async stop() {
        journal.push(`stop ${name}`);
        if (failure?.stop === true) throw new Error(`${name} does not stop`);
      },
    };
  };
}

it('stops in reverse, once', async () => {
  const journal: string[] = [];
  const running = await startTogether(async ({ start }) => [
    await start(part('a', journal)),
    await start(part('b', journal)),
  ]);
  expect(running.value).toEqual(['a', 'b']);
  await Promise.all([running.stop(), running.stop()]);
  expect(journal).toEqual(['start a', 'start b', 'stop b', 'stop a']);
});

it('stops what had started when a later start fails', async () => {
  const journal: string[] = [];
  const starting = startTogether(async ({ start }) => {
    await start(part('a', journal));
    await start(part('b', journal, { start: true }));
  });
  await expect(starting).rejects.toThrow('b does not start');
  expect(journal).toEqual(['start a', 'stop a']);
});

it('stops the others when one fails to stop, and says so', async () => {
  const journal: string[] = [];
  const running = await startTogether(async ({ start }) => {
    await start(part('a', journal));
    await start(part('b', journal, { stop: true }));
  });
  await expect(running.stop()).rejects.toThrow('b does not stop');
  expect(journal).toContain('stop a');
});
