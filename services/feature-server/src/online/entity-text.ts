import type { RequestedEntity } from '@millrace/online-store';

const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** The entity of a request as JSON text. */
export function entityText(entity: RequestedEntity | undefined): string {
  let text = '';
  for (const column in entity) {
    const value = entity[column] ?? null;
    text += `${text === '' ? '' : ','}${JSON.stringify(column)}:${typeof value === 'bigint' ? jsonLong(value) : JSON.stringify(value)}`;
  }
  return `{${text}}`;
}

/** A 64-bit integer: a number up to 2^53 − 1 either way, decimal text beyond. */
export function jsonLong(value: bigint): string {
  return value <= MOST && value >= -MOST ? String(value) : `"${value}"`;
}
