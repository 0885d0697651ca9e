import { raiseScript, writeScript } from '@millrace/online-store/redis';
import { beforeEach, expect, test } from 'vitest';
import type { Pair } from './link.ts';
import { redisTap } from './redis-tap.ts';
import { type Point, Traps } from './traps.ts';

let sent: Buffer[];
let killed: Point[];
let traps: Traps;

const pair: Pair = {
  toServer: (bytes) => void sent.push(bytes),
  toClient: () => undefined,
  cut: () => undefined,
  close: () => undefined,
  serverDone: async () => undefined,
  serverHas: async () => undefined,
};

beforeEach(() => {
  sent = [];
  killed = [];
  traps = new Traps();
});

function command(...args: readonly string[]): Buffer {
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  return Buffer.from(`*${args.length}\r\n${parts.join('')}`);
}

const write = (next: string) =>
  command('evalsha', writeScript.sha, '1', 'positions', 'features.x:0', next, 'p', 'rows');
const raise = (next: string) =>
  command('evalsha', raiseScript.sha, '1', 'applied', 'features.x:0', '0', next);

function tap() {
  return redisTap(traps.of('online', (point) => void killed.push(point)))(pair);
}

test('between-buckets: the first call of a batch goes, the second does not', async () => {
  const reached = traps.set('between-buckets', 0);
  tap().fromClient(Buffer.concat([write('5'), raise('5'), write('9'), write('9'), write('9')]));
  expect(await reached).toBe('online');
  expect(Buffer.concat(sent)).toEqual(Buffer.concat([write('5'), raise('5'), write('9')]));
  expect(killed).toEqual(['between-buckets']);
});

test('written-not-committed: the call that raises the position goes, nothing after it', async () => {
  const reached = traps.set('written-not-committed', 0);
  tap().fromClient(Buffer.concat([write('5'), raise('5'), write('9')]));
  await reached;
  expect(Buffer.concat(sent)).toEqual(Buffer.concat([write('5'), raise('5')]));
});
