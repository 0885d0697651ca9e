import { createRequire } from 'node:module';
import { z } from 'zod';
import type { RecordBlock } from './record-block.ts';

/** A transaction that was taken back, as an answer to a fetch names it. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** The blocks of one partition that a fetch gave. */
export interface FetchedBlocks {
  readonly blocks: readonly RecordBlock[];
  /** The last offset that they cover, with that of markers; undefined when not one block is whole. */
  readonly lastOffset: number | undefined;
}

const codecsSchema = z.object({
  lookupCodecByAttributes: z.custom<
    (attributes: number) => { decompress(bytes: Buffer): Promise<Buffer> } | null
  >((value) => typeof value === 'function'),
});
const { lookupCodecByAttributes: codecOf } = codecsSchema.parse(
  createRequire(import.meta.url)('kafkajs/src/protocol/message/compression'),
);

const LENGTH = 8;
/** What the length counts begins here. */
const COUNTED = 12;
const FORMAT = 16;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIME = 27;
const MAX_TIME = 35;
const PRODUCER_ID = 43;
const COUNT = 57;
const HEAD_BYTES = 61;

const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/**
 * Reads the heads of what Kafka calls record batches; their records stay bytes. Markers of transactions and the records
 * of those that were taken back are left out, and what is cut off at the end: it comes with the next fetch.
 */
export async function readBlocks(
  bytes: Buffer,
  transactions: readonly AbortedTransaction[],
): Promise<FetchedBlocks> {
  const blocks: RecordBlock[] = [];
  const isWanted = withoutAborted(transactions);
  let lastOffset: number | undefined;
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const end = at + COUNTED + bytes.readInt32BE(at + LENGTH);
    if (end > bytes.length) break;
    const format = bytes.readInt8(at + FORMAT);
    if (format !== 2)
      throw new TypeError(`records in the format ${format} of Kafka before 0.11 are not read`);
    const attributes = bytes.readInt16BE(at + ATTRIBUTES);
    const baseOffset = Number(bytes.readBigInt64BE(at));
    lastOffset = baseOffset + bytes.readInt32BE(at + LAST_OFFSET_DELTA);
    if (isWanted(bytes.readBigInt64BE(at + PRODUCER_ID), lastOffset, attributes)) {
      const records = bytes.subarray(at + HEAD_BYTES, end);
      blocks.push({
        bytes: (await codecOf(attributes)?.decompress(records)) ?? records,
        at: 0,
        count: bytes.readInt32BE(at + COUNT),
        baseOffset,
        lastOffset,
        baseTime: bytes.readBigInt64BE(at + BASE_TIME),
        appendTime: (attributes & APPEND_TIME) === 0 ? undefined : bytes.readBigInt64BE(at + MAX_TIME),
      });
    }
    at = end;
  }
  return { blocks, lastOffset };
}

/** Follows which producers are in a transaction that was taken back, from the one before its first record to its marker. */
function withoutAborted(
  transactions: readonly AbortedTransaction[],
): (producerId: bigint, lastOffset: number, attributes: number) => boolean {
  const waiting = [...transactions];
  const aborted = new Set<bigint>();
  return (producerId, lastOffset, attributes) => {
    for (let [next] = waiting; next !== undefined && next.firstOffset <= lastOffset; [next] = waiting) {
      aborted.add(next.producerId);
      waiting.shift();
    }
    if ((attributes & CONTROL) !== 0) {
      aborted.delete(producerId);
      return false;
    }
    return (attributes & TRANSACTIONAL) === 0 || !aborted.has(producerId);
  };
}
