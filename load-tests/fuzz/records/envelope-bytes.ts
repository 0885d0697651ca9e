import { compileAvro } from '@millrace/events';

const FRAME = 5;
/** Length and text of the event id, which every record begins with. */
const EVENT_ID = 37;
const long = compileAvro({ type: 'long' });

/** Times that no record may have: out of 64 bits' ends, before the year 1, after 9999, and too far ahead. */
export const badEventTimes = [
  2n ** 63n - 1n,
  -(2n ** 63n),
  -62_135_596_800_000_001n,
  253_402_300_800_000_000n,
  4_102_444_800_000_000n,
] as const;

/** A record with another event time, which stands behind the event id. */
export function withEnvelope(good: Buffer, { eventTime }: { readonly eventTime: bigint }): Buffer {
  const at = FRAME + EVENT_ID;
  let end = at;
  while ((good[end] ?? 0) > 0x7f) end += 1;
  return Buffer.concat([good.subarray(0, at), long.toBuffer(eventTime), good.subarray(end + 1)]);
}
