import { connect, createServer, type Socket } from 'node:net';
import type { Running } from '@millrace/kernel';

/** What a tap can do with the connection that it watches. */
export interface Pair {
  toServer(bytes: Buffer): void;
  toClient(bytes: Buffer): void;
  /** Nothing more goes in either direction; both ends stay connected. */
  cut(): void;
  /** Closes both ends. */
  close(): void;
  /** Resolves when the server has taken in all that was passed to it, and closed its end. */
  serverDone(): Promise<void>;
  /** Resolves when all that was passed to the server has left this process. */
  serverHas(): Promise<void>;
}

/** Watches one connection, and passes on what comes. */
export interface Tap {
  fromClient(bytes: Buffer): void;
  fromServer(bytes: Buffer): void;
}

/** A TCP proxy between one process and one server, which can be slow, and break connections in mid-stream. */
export interface Link {
  readonly port: number;
  /** Milliseconds by which everything is late, each way. */
  delayMs: number;
  /** Breaks every connection with RST after half of the next bytes that come from the server. */
  resetNext(): void;
  /** How many connections were reset in mid-stream. */
  readonly resets: number;
}

/** How to make a link. */
export interface LinkOptions {
  readonly to: { readonly host: string; readonly port: number };
  /** Where it listens. @default a free one */
  readonly port?: number;
  /** @default passes everything on as it comes */
  readonly tap?: (pair: Pair, link: { readonly port: number }) => Tap;
}

const passing = (pair: Pair): Tap => ({
  fromClient: (bytes) => pair.toServer(bytes),
  fromServer: (bytes) => pair.toClient(bytes),
});

/** Starts a link. */
export async function startLink({
  to,
  port: wanted = 0,
  tap = passing,
}: LinkOptions): Promise<Running<Link>> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  const state = { delayMs: 0, breaking: new Set<unknown>(), resets: 0, port: wanted };

  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ ...to, noDelay: true });
    const sockets = { client, server };
    pairs.add(sockets);
    let isCut = false;
    const serverClosed = new Promise<void>((resolve) => server.once('close', () => resolve()));
    const reset = () => {
      state.resets += 1;
      client.resetAndDestroy();
      server.resetAndDestroy();
    };
    const intoServer = throttled(server, client, state);
    const intoClient = throttled(client, server, state);
    const pair: Pair = {
      toServer: intoServer,
      toClient(bytes) {
        if (!state.breaking.delete(sockets)) return intoClient(bytes);
        // What comes until then would stand where the other half should.
        isCut = true;
        client.write(bytes.subarray(0, bytes.length >> 1), reset);
      },
      cut() {
        isCut = true;
      },
      close: () => close(),
      async serverDone() {
        server.end();
        await serverClosed;
      },
      serverHas: () => new Promise((resolve) => server.write(Buffer.alloc(0), () => resolve())),
    };
    const { fromClient, fromServer } = tap(pair, state);
    client.on('data', (bytes) => {
      if (!isCut) fromClient(bytes);
    });
    server.on('data', (bytes) => {
      if (!isCut) fromServer(bytes);
    });
    const close = () => {
      pairs.delete(sockets);
      state.breaking.delete(sockets);
      client.destroy();
      server.destroy();
    };
    client.on('error', close);
    server.on('error', close);
    client.on('close', close);
    server.on('close', () => {
      // A tap that waits for the server's end decides itself what becomes of the client.
      if (!isCut) close();
    });
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen({ port: wanted, host: '127.0.0.1' }, resolve);
  });
  const address = listener.address();
  if (address !== null && typeof address === 'object') state.port = address.port;
  return {
    value: {
      get port() {
        return state.port;
      },
      get delayMs() {
        return state.delayMs;
      },
      set delayMs(value) {
        state.delayMs = value;
      },
      get resets() {
        return state.resets;
      },
      resetNext() {
        for (const pair of pairs) state.breaking.add(pair);
      },
    },
    async stop() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      await closed;
    },
  };
}

/** Writes late while the link is slow, keeps the order, and holds the reader back while the writer is full. */
function throttled(into: Socket, from: Socket, state: { readonly delayMs: number }): (bytes: Buffer) => void {
  let last: Promise<void> | undefined;
  const write = (bytes: Buffer) => {
    if (into.destroyed || !into.writable) return;
    if (!into.write(bytes)) {
      from.pause();
      into.once('drain', () => from.resume());
    }
  };
  return (bytes) => {
    if (state.delayMs === 0 && last === undefined) return write(bytes);
    const due = new Promise<void>((resolve) => setTimeout(resolve, state.delayMs));
    const mine: Promise<void> = Promise.all([last, due]).then(() => {
      write(bytes);
      if (last === mine) last = undefined;
    });
    last = mine;
  };
}
