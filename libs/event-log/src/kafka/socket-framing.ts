import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { z } from 'zod';

interface Connection {
  readonly socket?: Socket | undefined;
  connect(): Promise<unknown>;
  processData(bytes: Buffer): void;
}

const connectionSchema = z.custom<{ readonly prototype: Connection }>(
  (value) => typeof value === 'function' && 'connect' in value.prototype && 'processData' in value.prototype,
);

let mended = false;

/**
 * kafkajs 2.2.4 keeps the bytes of an unfinished answer with the connection, and goes on with them on its next socket.
 * When a socket breaks in mid-answer, everything after that is read from the wrong place: answers find no request,
 * requests time out, and an error that is nobody's ends the process (tulios/kafkajs#715). Here each socket's answers
 * are put together by themselves.
 */
export function frameBySocket(): void {
  if (mended) return;
  mended = true;
  const { prototype } = connectionSchema.parse(
    createRequire(import.meta.url)('kafkajs/src/network/connection'),
  );
  const connectOnly = Reflect.get(prototype, 'connect');
  prototype.connect = function connect(this: Connection) {
    const before = this.socket;
    const connected = Reflect.apply(connectOnly, this, []);
    if (this.socket !== undefined && this.socket !== before) frame(this, this.socket);
    return connected;
  };
}

const LENGTH_BYTES = 4;

function frame(connection: Connection, socket: Socket): void {
  const own = { chunks: [], bytesBuffered: 0, bytesNeeded: LENGTH_BYTES };
  // All else is the connection's: requests that wait for an answer, and authentication.
  const reader: unknown = Object.create(connection, propertiesOf(own));
  socket.removeAllListeners('data');
  socket.on('data', (bytes: Buffer) => Reflect.apply(connection.processData, reader, [bytes]));
}

function propertiesOf(values: Readonly<Record<string, unknown>>): PropertyDescriptorMap {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, writable: true }]));
}
