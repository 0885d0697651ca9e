import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach } from 'vitest';
import { defineEntity, defineFeatureService, defineFeatureView } from '@millrace/feature-registry';
import { createMillrace, type Millrace } from '../index.ts';

/** A request as it arrived. */
export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** An answer that is to be given. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that answers what a test wrote down, in order, and remembers what it was asked. */
export interface ScriptedServer {
  asked: Asked[];
  answers: (Answer | 'hang up')[];
  /** A client that takes it for every service. */
  millrace: Millrace;
}

/** Starts a server for each test of a file. */
export function useScriptedServer(): ScriptedServer {
  let http: Server;
  const script: ScriptedServer = { asked: [], answers: [], millrace: createMillrace() };
  beforeEach(async () => {
    script.asked = [];
    script.answers = [];
    http = createServer((request, response) => void answerNext(script, request, response));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const address = http.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    script.millrace = createMillrace({
      gatewayUrl: url,
      featureServerUrl: url,
      registryUrl: url,
      monitorUrl: url,
      producer: { service: 'app', version: '2' },
    });
  });
  afterEach(() => new Promise((resolve) => http.close(resolve)));
  return script;
}

async function answerNext(
  script: ScriptedServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url, headers } = request;
  const sent = await text(request);
  script.asked.push({ method, url, headers, body: sent === '' ? undefined : JSON.parse(sent) });
  const answer = script.answers.shift() ?? { status: 500 };
  if (answer === 'hang up') request.socket.destroy();
  else response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body ?? {}));
}

export const airport = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'ops' });
export const departures = defineFeatureView({
  name: 'departures',
  entity: airport,
  ttl: '1d',
  owner: 'ops',
  features: {
    mean_delay: { type: 'double' },
    total: { type: 'long' },
    seen_at: { type: 'timestamp' },
    stops: { type: { array: 'timestamp' } },
    place: { type: { embedding: 'float', dimension: 2 } },
  },
});
export const late = defineFeatureService({
  name: 'late',
  owner: 'ops',
  views: [
    {
      view: departures,
      as: 'origin',
      features: ['mean_delay', 'total', 'seen_at'],
      keys: { airport: 'from' },
    },
  ],
});
export const micros = 980948700000001n;
export const iso = '2001-01-31T13:45:00.000001Z';
export const written = (accepted: number, rest = {}) => ({
  status: 200,
  body: { accepted, rejected: [], positions: {}, ...rest },
});
export const problem = (status: number, code: string, headers = {}) => ({
  status,
  headers,
  body: { status, code, detail: 'because' },
});
