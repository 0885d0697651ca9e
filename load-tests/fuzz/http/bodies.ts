import { gzipSync } from 'node:zlib';
import { tableFromJSON, tableToIPC } from 'apache-arrow';
import type { Random } from '../random.ts';

const MEBIBYTE = 2 ** 20;
const DEPTH = 20_000;

/** A body with its type. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const typed = (type: string, bytes: Buffer): RequestBody => ({ bytes, headers: { 'content-type': type } });
const json = (bytes: Buffer) => typed('application/json', bytes);

/** Bodies that no schema describes. @param good a body that may be right, as JSON */
export const oddBodies: readonly [Make, ...Make[]] = [
  () => ({ bytes: Buffer.alloc(0), headers: {} }),
  () => json(Buffer.alloc(0)),
  (good) => ({ bytes: Buffer.from(good), headers: {} }),
  (good) => typed('text/plain', Buffer.from(good)),
  (good) => typed('application/json; charset=utf-16', Buffer.from(good, 'utf16le')),
  (good) => typed('application/xml; q="', Buffer.from(good)),
  (good) => typed('/', Buffer.from(good)),
  (good, random) => json(Buffer.from(good.slice(0, random.int(0, good.length)))),
  (good) => json(Buffer.from(`\ufeff${good}`)),
  (good) => json(Buffer.concat([Buffer.from(good), Buffer.of(0xff, 0xfe, 0)])),
  () => json(Buffer.from('['.repeat(DEPTH) + ']'.repeat(DEPTH))),
  () => json(Buffer.from('{"rows":'.repeat(DEPTH))),
  () => json(Buffer.from(`{"rows":[{"sensor":1,"value":${'9'.repeat(1_000)}e${'9'.repeat(50)}}]}`)),
  () => json(Buffer.from('{"__proto__":{"a":1},"rows":[{"__proto__":{"b":2}}]}')),
  () => json(Buffer.from('{"constructor":{"prototype":{"polluted":true}}}')),
  () => json(Buffer.from('{"a":1,"a":2,"rows":[],"rows":{}}')),
  (_good, random) => json(random.bytes(random.int(1, 300))),
  () => json(Buffer.alloc(2 * MEBIBYTE, ' ')),
  () => json(Buffer.concat([Buffer.from('"'), Buffer.alloc(2 * MEBIBYTE, 'x'), Buffer.from('"')])),
  (good) => ({
    bytes: gzipSync(Buffer.from(good)),
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  }),
  () => ({
    bytes: gzipSync(Buffer.alloc(64 * MEBIBYTE)),
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  }),
  (good) => ({
    bytes: Buffer.from(good),
    headers: { 'content-type': 'application/json', 'content-encoding': 'br, gzip' },
  }),
  (good) => typed('application/x-ndjson', Buffer.from(`${good}\n${good}\r\n\n{"x":\n${good.slice(0, 5)}`)),
  (_good, random) => typed('application/x-ndjson', random.bytes(random.int(1, 500))),
  () => typed('application/x-ndjson', Buffer.from('\n'.repeat(50_000))),
  (_good, random) => typed('application/vnd.apache.arrow.stream', mutated(arrow(), random)),
  () => typed('application/vnd.apache.arrow.stream', arrow()),
  (_good, random) => typed('application/vnd.apache.arrow.stream', random.bytes(random.int(0, 200))),
  () =>
    typed(
      'application/vnd.apache.arrow.stream',
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    ),
  (_good, random) =>
    typed(
      'application/vnd.apache.parquet',
      Buffer.concat([Buffer.from('PAR1'), random.bytes(40), Buffer.from('PAR1')]),
    ),
  (_good, random) =>
    typed(
      'text/csv',
      Buffer.from(
        `sensor,event_time\n1,2001-01-31T13:45:00Z\n${random.pick(['"', '1', 'x,y,z', ',', "1,'", '1,2001'])}`,
      ),
    ),
  () => typed('text/csv', Buffer.from(`sensor,eventTime\n${'1,2001-01-31T13:45:00Z\n'.repeat(20)}`)),
  () => typed('multipart/form-data; boundary=x', Buffer.from('--x\r\n\r\n--x--')),
  () => typed('application/x-www-form-urlencoded', Buffer.from('a=1&a=2&%=%')),
];

/** Makes a body of what may be a good one. */
export type Make = (good: string, random: Random) => RequestBody;

function arrow(): Buffer {
  return Buffer.from(tableToIPC(tableFromJSON([{ sensor: 1, value: 1.5, eventTime: 'x' }]), 'stream'));
}

function mutated(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = random.int(1, 8); times > 0; times -= 1)
    copy[random.int(0, copy.length - 1)] = random.int(0, 255);
  return random.chance(0.3) ? copy.subarray(0, random.int(0, copy.length)) : copy;
}
