import { createServer, type Server, type Socket } from 'node:net';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { mendIdleTimers } from './idle-timers.ts';
import { frameBySocket } from './socket-framing.ts';

interface Request {
  readonly request: {
    readonly apiKey: number;
    readonly apiName: string;
    readonly apiVersion: number;
    encode(): Promise<unknown>;
  };
  readonly response: { decode(payload: Buffer): Promise<Buffer>; parse(payload: Buffer): Promise<Buffer> };
}

interface Connection {
  connect(): Promise<unknown>;
  isConnected(): boolean;
  send(request: Request): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

const require = createRequire(import.meta.url);
const isClass = (value: unknown) => typeof value === 'function';
const connections = z
  .custom<new (options: Record<string, unknown>) => Connection>(isClass)
  .parse(require('kafkajs/src/network/connection'));
const encoders = z.custom<new () => unknown>(isClass).parse(require('kafkajs/src/protocol/encoder'));
const socketFactory: unknown = require('kafkajs/src/network/socketFactory');

const silent = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => silent };

/** What the server does with the nth request. */
type Answering = (socket: Socket, answer: Buffer, number: number) => void;

let server: Server;
let answering: Answering = (socket, answer) => void socket.write(answer);
let connection: Connection;

beforeEach(async () => {
  mendIdleTimers();
  frameBySocket();
  let requests = 0;
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    // Requests of this spec are short and wait for each other, so that each comes in one piece.
    socket.on('data', (request) => answering(socket, answerTo(Buffer.from(request)), ++requests));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  connection = new connections({
    host: '127.0.0.1',
    port,
    logger: silent,
    socketFactory: z.custom<() => unknown>(isClass).parse(socketFactory)(),
    requestTimeout: 30_000,
    connectionTimeout: 30_000,
  });
});

afterEach(async () => {
  await connection.disconnect();
  await new Promise((resolve) => server.close(resolve));
});

test('after a socket that broke in mid-answer, answers find their requests', async () => {
  answering = (socket, answer, number) => {
    if (number > 1) socket.write(answer);
    else socket.end(answer.subarray(0, 11));
  };
  await connection.connect();
  await expect(ask()).rejects.toThrow('Closed connection');
  await expect.poll(() => connection.isConnected(), { timeout: 10_000 }).toBe(false);
  await connection.connect();
  for (let times = 0; times < 3; times++) expect(await ask()).toEqual(PAYLOAD);
});

test('an answer that comes in pieces is put together', async () => {
  answering = (socket, answer) => {
    socket.write(answer.subarray(0, 7), () => setImmediate(() => socket.write(answer.subarray(7))));
  };
  await connection.connect();
  for (let times = 0; times < 3; times++) expect(await ask()).toEqual(PAYLOAD);
});

const PAYLOAD = Buffer.from('what was asked for, and nothing else');

function ask(): Promise<unknown> {
  return connection.send({
    request: { apiKey: 18, apiName: 'ApiVersions', apiVersion: 0, encode: async () => new encoders() },
    response: { decode: async (payload) => payload, parse: async (payload) => payload },
  });
}

/** Length, the request's correlation id, payload. */
function answerTo(request: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + PAYLOAD.length, 0);
  head.writeInt32BE(request.readInt32BE(8), 4);
  return Buffer.concat([head, PAYLOAD]);
}
