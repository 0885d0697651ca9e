import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '@millrace/kernel';
import { Agent, request } from 'undici';
import type { Chance } from '../random.ts';
import { views } from './definitions.ts';
import type { MeantEvent, Source } from './events.ts';
import { type Ledger, PRODUCER, requestKey } from './ledger.ts';
import type { Quota } from './quota.ts';

/** How to write through gateways. */
export interface GatewayLoadOptions {
  readonly urls: readonly string[];
  readonly chance: Chance;
  readonly quota: Quota;
  readonly ledger: Ledger;
  readonly eventOf: (n: number, source: Source) => MeantEvent;
  /** Whether a request names itself, so that sending it again is harmless. */
  readonly withKeys: boolean;
  readonly clients: number;
  readonly signal: AbortSignal;
}

const MOST_ROWS = 120;
const PAUSE_MS = 150;
const TIMEOUT_MS = 20_000;

/** Rows in requests, each sent until it is acknowledged, to whichever gateway. Resolves when the quota is over. */
export async function loadGateways(options: GatewayLoadOptions): Promise<void> {
  const agent = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, connections: 32 });
  try {
    const clients = Array.from({ length: options.clients }, (_, index) => client(index, options, agent));
    await Promise.all(clients);
  } finally {
    await agent.destroy();
  }
}

async function client(index: number, options: GatewayLoadOptions, agent: Agent): Promise<void> {
  const { quota, ledger, eventOf, signal } = options;
  const chance = options.chance.fork(`client-${index}`);
  while (!signal.aborted) {
    const count = 1 + chance.below(MOST_ROWS);
    if (!(await quota.take(count))) return;
    const first = ledger.reserve(count);
    const source = sourceOf(chance);
    const rows = Array.from({ length: count }, (_, row) => {
      const event = eventOf(first + row, source);
      ledger.sent(event, first);
      return event.row;
    });
    const send = { path: pathOf(source), body: JSON.stringify({ rows }), key: requestKey(first) };
    await untilAcknowledged(send, chance, options, agent);
    ledger.acknowledge(first, count);
    if (options.withKeys && chance.next() < 0.04) {
      ledger.copies += count;
      await untilAcknowledged(send, chance, options, agent);
    }
  }
}

interface Send {
  readonly path: string;
  readonly body: string;
  readonly key: string;
}

async function untilAcknowledged(
  { path, body, key }: Send,
  chance: Chance,
  { urls, withKeys, signal, ledger }: GatewayLoadOptions,
  agent: Agent,
): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'x-millrace-producer': PRODUCER,
    ...(withKeys ? { 'idempotency-key': key } : {}),
  };
  for (;;) {
    const url = chance.pick(urls);
    const answer = await request(`${url}${path}`, {
      method: 'POST',
      headers,
      body,
      dispatcher: agent,
    })
      .then(
        async ({ statusCode, body: text }) => ({ statusCode, text: await text.text() }),
        (error: unknown) => ({ statusCode: 0, text: String(error) }),
      )
      .catch((error: unknown) => ({ statusCode: 0, text: String(error) }));
    if (answer.statusCode === 200) return;
    const passes = answer.statusCode === 0 || answer.statusCode === 429 || answer.statusCode >= 500;
    if (signal.aborted) return;
    if (!passes) {
      throw new MillraceError(
        'INTERNAL',
        `the gateway answered ${answer.statusCode} to ${path}: ${answer.text.slice(0, 500)}`,
      );
    }
    ledger.retries += 1;
    await delay(PAUSE_MS);
  }
}

function sourceOf(chance: Chance): Source {
  const kind = chance.next();
  if (kind < 0.06) return 'predictions';
  if (kind < 0.12) return 'labels';
  return chance.pick(views).name;
}

function pathOf(source: Source): string {
  return source === 'predictions' || source === 'labels' ? `/v1/${source}` : `/v1/features/${source}`;
}
