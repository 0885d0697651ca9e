import { createRequire } from 'node:module';
import { z } from 'zod';
import { readBlocks } from './read-blocks.ts';
import type { RecordBlock } from './record-block.ts';

/** What a fetch gave of one partition, in the place of kafkajs's messages: only one of it, or none. */
export interface FetchedMessage {
  /** The last one that was fetched, in digits, records or not. */
  readonly offset: string;
  readonly blocks: readonly RecordBlock[];
  /** Markers are left out already. */
  readonly isControlRecord: false;
}

/** Of kafkajs: reads the types of Kafka's protocol. */
interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readString(): string | null;
  readBytes(size: number): Buffer;
  readArray<T>(read: (decoder: Decoder) => T): T[];
  readArrayAsync<T>(read: (decoder: Decoder) => Promise<T>): Promise<T[]>;
}

/** Of kafkajs: what is sent to Kafka, and how its answer is read. */
interface Call {
  readonly request: { readonly apiKey: number; readonly apiVersion: number };
  readonly response: object;
}

/** Of kafkajs. */
interface Connection {
  readonly clientId: string;
  send(this: Connection, call: Call): Promise<unknown>;
}

const decoderSchema = z.custom<new (bytes: Buffer) => Decoder>(
  (value) => typeof value === 'function' && 'readInt64' in value.prototype,
);
const connectionSchema = z.custom<{ readonly prototype: Connection }>(
  (value) => typeof value === 'function' && 'send' in value.prototype,
);

const require = createRequire(import.meta.url);
const ProtocolDecoder = decoderSchema.parse(require('kafkajs/src/protocol/decoder'));

const FETCH = 1;
/** The one that kafkajs speaks with every Kafka since 2.3. */
const FETCH_VERSION = 11;

const clients = new Set<string>();
let mended = false;

/**
 * kafkajs 2.2.4 makes some twenty objects of each record, of all that a fetch has at once: more work than whatever is
 * done with the record. The clients that are named here get {@link FetchedMessage} instead, of which `batchOf` makes
 * each record when it is asked for.
 */
export function fetchBlocks(clientId: string): void {
  clients.add(clientId);
  if (mended) return;
  mended = true;
  const { prototype } = connectionSchema.parse(require('kafkajs/src/network/connection'));
  const { send } = prototype;
  prototype.send = function sendCall(call) {
    const { apiKey, apiVersion } = call.request;
    if (apiKey !== FETCH || apiVersion !== FETCH_VERSION || !clients.has(this.clientId))
      return send.call(this, call);
    return send.call(this, { ...call, response: { ...call.response, decode: decodeFetch } });
  };
}

/** Reads the answer to a fetch as kafkajs does, down to the messages. */
export async function decodeFetch(payload: Buffer) {
  const decoder = new ProtocolDecoder(payload);
  const clientSideThrottleTime = decoder.readInt32();
  const errorCode = decoder.readInt16();
  const sessionId = decoder.readInt32();
  const responses = await decoder.readArrayAsync(async () => ({
    topicName: decoder.readString(),
    partitions: await decoder.readArrayAsync(decodePartition),
  }));
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

async function decodePartition(decoder: Decoder) {
  const head = {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: String(decoder.readInt64()),
    lastStableOffset: String(decoder.readInt64()),
    lastStartOffset: String(decoder.readInt64()),
  };
  const aborted = decoder.readArray(() => ({
    producerId: decoder.readInt64(),
    firstOffset: decoder.readInt64(),
  }));
  const preferredReadReplica = decoder.readInt32();
  const size = decoder.readInt32();
  return {
    ...head,
    abortedTransactions: [],
    preferredReadReplica,
    messages: size > 0 ? messagesOf(await readBlocks(decoder.readBytes(size), aborted)) : [],
  };
}

function messagesOf({ blocks, lastOffset }: Awaited<ReturnType<typeof readBlocks>>): FetchedMessage[] {
  return lastOffset === undefined ? [] : [{ offset: String(lastOffset), blocks, isControlRecord: false }];
}
