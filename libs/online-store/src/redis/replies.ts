import { MillraceError } from '@millrace/kernel';

/** A reply that has to be a list. */
export function list(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : unexpected(reply);
}

/** A reply that has to be bytes. */
export function buffer(reply: unknown): Buffer {
  return Buffer.isBuffer(reply) ? reply : unexpected(reply);
}

/** A reply that has to be a number. */
export function number(reply: unknown): number {
  return typeof reply === 'number' ? reply : unexpected(reply);
}

/** A flat list of names and values, in pairs. */
export function pairs(flat: readonly unknown[]): readonly (readonly [unknown, unknown])[] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]);
}

function unexpected(reply: unknown): never {
  throw new MillraceError('INTERNAL', `Redis answered with ${typeof reply} where another type is expected`);
}
