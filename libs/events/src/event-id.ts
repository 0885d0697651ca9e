import { createHash } from 'node:crypto';
import { stringify, validate } from 'uuid';
import type { Brand } from '@millrace/kernel';
import { uuidV7 } from './uuid-v7.ts';

/** The id of an event, a UUID in lower case. Of several records with one id only the first counts. */
export type EventId = Brand<string, 'EventId'>;

/** A UUIDv7 for an event that its sender will not name again. */
export function newEventId(): EventId {
  return brand(uuidV7());
}

/**
 * A UUIDv8 for an event that its sender can name again: the SHA-256 of the parts, each with its length before
 * it, so that ('1','23') and ('12','3') differ. The same parts give the same id on any instance.
 */
export function namedEventId(...parts: readonly string[]): EventId {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return brand(stringify(bytes));
}

/** Reads an event id, or gives undefined when the text is not a UUID. */
export function parseEventId(text: string): EventId | undefined {
  const lower = text.toLowerCase();
  return isEventId(lower) ? lower : undefined;
}

const UUID_LENGTH = 36;
const HYPHEN = 0x2d;

/**
 * Whether a text has the shape of a UUID in lower case; any version, as the stores take it too. Asked for every
 * record, and a regular expression takes several times as long.
 */
export function isUuid(text: string): text is EventId {
  if (text.length !== UUID_LENGTH) return false;
  for (let index = 0; index < UUID_LENGTH; index++) {
    const code = text.charCodeAt(index);
    const wantsHyphen = index === 8 || index === 13 || index === 18 || index === 23;
    if (wantsHyphen ? code !== HYPHEN : !isDigit(code)) return false;
  }
  return true;
}

/** Of a hexadecimal number in lower case. */
function isDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);
}

function isEventId(text: string): text is EventId {
  return validate(text);
}

function brand(uuid: string): EventId {
  if (!isEventId(uuid)) throw new TypeError(`${uuid} is not a UUID`);
  return uuid;
}
