import { beforeEach, expect, test } from 'vitest';
import { clickhouseTap } from './clickhouse-tap.ts';
import type { Pair } from './link.ts';
import { type Point, Traps } from './traps.ts';

const HEAD =
  'POST /?query=INSERT%20INTO%20%60features_x_raw%60%20FORMAT%20RowBinary HTTP/1.1\r\nHost: x\r\n\r\n';
const RANGE = 'POST /?query=INSERT+INTO+applied_ranges+FORMAT+JSONEachRow HTTP/1.1\r\n\r\n';
const BODY = 'a\r\n0123456789\r\n0\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\n\r\n';

let toServer: string;
let toClient: string;
let killed: Point[];
let traps: Traps;

const pair: Pair = {
  toServer: (bytes) => void (toServer += bytes.toString()),
  toClient: (bytes) => void (toClient += bytes.toString()),
  cut: () => undefined,
  close: () => undefined,
  serverDone: async () => undefined,
  serverHas: async () => undefined,
};

beforeEach(() => {
  toServer = '';
  toClient = '';
  killed = [];
  traps = new Traps();
});

function tap() {
  return clickhouseTap(traps.of('offline', (point) => void killed.push(point)))(pair);
}

test('everything passes while nobody waits', () => {
  const { fromClient, fromServer } = tap();
  fromClient(Buffer.from(HEAD + BODY));
  fromServer(Buffer.from(OK));
  expect([toServer, toClient, killed]).toEqual([HEAD + BODY, OK, []]);
});

test('mid-insert: the server has half of the rows', async () => {
  const reached = traps.set('mid-insert', 0);
  const { fromClient } = tap();
  fromClient(Buffer.from(HEAD + BODY.slice(0, 4)));
  expect(toServer).toBe('');
  fromClient(Buffer.from(BODY.slice(4)));
  expect(await reached).toBe('offline');
  expect(toServer).toBe(HEAD + BODY.slice(0, BODY.length >> 1));
  expect(killed).toEqual(['mid-insert']);
});

test('inserted-not-recorded: the answer is held back, the second time when one was to be passed by', async () => {
  const reached = traps.set('inserted-not-recorded', 1);
  const { fromClient, fromServer } = tap();
  for (const request of [HEAD + BODY, RANGE + BODY, HEAD + BODY]) {
    fromClient(Buffer.from(request));
    fromServer(Buffer.from(OK));
  }
  await reached;
  expect(toClient).toBe(OK + OK);
  expect(killed).toEqual(['inserted-not-recorded']);
});

test('recorded-not-committed: only the answer for a range counts', async () => {
  const reached = traps.set('recorded-not-committed', 0);
  const { fromClient, fromServer } = tap();
  for (const request of [HEAD + BODY, RANGE + BODY]) {
    fromClient(Buffer.from(request));
    fromServer(Buffer.from(OK));
  }
  await reached;
  expect(toClient).toBe(OK);
});

test('insert-under-way: the server has all rows', async () => {
  const reached = traps.set('insert-under-way', 0);
  tap().fromClient(Buffer.from(HEAD + BODY));
  await reached;
  expect(toServer).toBe(HEAD + BODY);
  expect(killed).toEqual(['insert-under-way']);
});
