import type { Readable } from 'node:stream';
import { MillraceError } from '@millrace/kernel';
import type { Reservation } from '../byte-budget.ts';

/** A body that is being read, with what it may take. */
export interface Body {
  readonly stream: Readable;
  /** Told of every byte that is read. */
  readonly reservation: Reservation;
  /** Largest body that is read as a whole; also the longest line. */
  readonly maxBytes: number;
  /** Largest body that is read piece by piece. */
  readonly maxStreamBytes: number;
}

/** @throws MillraceError BODY_TOO_LARGE */
export function tooLarge(limit: number): never {
  throw new MillraceError('BODY_TOO_LARGE', `the body is larger than ${limit} bytes: send it in parts`);
}

/** Reads a whole body. @throws MillraceError BODY_TOO_LARGE, OVERLOADED, REQUEST_INVALID when it breaks off. */
export function readWhole({ stream, reservation, maxBytes }: Body): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    let settled = false;
    const fail = (error: unknown) => {
      settled = true;
      chunks.length = 0;
      reject(error);
    };
    // Every request closes its stream in the end; an error, with its stack, is made only when that is too soon.
    const endTooSoon = () => {
      if (!settled) fail(brokenOff());
    };
    stream.on('data', (chunk: Buffer) => {
      if (settled) return; // What still comes is let through, so that the sender gets to read the answer.
      try {
        total += chunk.length;
        if (total > maxBytes) tooLarge(maxBytes);
        reservation.grow(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        fail(error);
      }
    });
    stream.on('end', () => {
      settled = true;
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    stream.on('close', endTooSoon);
    stream.on('error', endTooSoon);
  });
}

/** Reads a body piece by piece, as it arrives. @throws MillraceError BODY_TOO_LARGE, OVERLOADED, REQUEST_INVALID */
export async function* readPieces({ stream, reservation, maxStreamBytes }: Body): AsyncGenerator<Buffer> {
  let total = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      total += chunk.length;
      if (total > maxStreamBytes) tooLarge(maxStreamBytes);
      reservation.grow(chunk.length);
      yield chunk;
    }
  } catch (cause) {
    throw cause instanceof MillraceError ? cause : brokenOff(cause);
  }
}

function brokenOff(cause?: unknown): MillraceError {
  return new MillraceError('REQUEST_INVALID', 'the body broke off', { cause });
}
