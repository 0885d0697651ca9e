import type { SchemaRegistry } from '@millrace/event-log';
import { type EventId, unframe } from '@millrace/events';
import { type AvroNode, parseAvroSchema } from '@millrace/events/avro-bytes';
import { describeError, MillraceError } from '@millrace/kernel';
import type { ClickHouse } from '../io/stores.ts';
import { type DecodedAsFar, decodeAsFar } from './decode-as-far.ts';
import { placeText } from './name-letters.ts';
import { hexDump } from './hex-dump.ts';
import { type ListedDeadLetter, readDeadLetter, replaysOf } from './read-dead-letters.ts';

/** A record as far as it can be read. */
export interface InspectedValue {
  readonly bytes: number;
  /** Its beginning. */
  readonly hex: string;
  readonly schemaId?: number;
  /** The text of that schema, where the registry knows it. */
  readonly schema?: string;
  readonly decoded?: DecodedAsFar;
  /** Why it was not decoded at all. */
  readonly problem?: string;
}

/** All that is known about a dead letter. */
export interface Inspection {
  readonly letter: ListedDeadLetter;
  readonly key: { readonly bytes: number; readonly hex: string } | null;
  readonly value: InspectedValue | null;
  /** The dead letters that its replays became. */
  readonly replays: readonly ListedDeadLetter[];
}

/**
 * Looks a dead letter up and reads its record as far as it goes.
 *
 * @throws MillraceError DEAD_LETTER_UNKNOWN, REGISTRY_UNAVAILABLE
 */
export async function inspectDeadLetter(
  client: ClickHouse,
  registry: Pick<SchemaRegistry, 'schemaById'>,
  id: EventId,
): Promise<Inspection> {
  const whole = await readDeadLetter(client, id);
  if (whole === undefined) throw unknownLetter(id);
  const { key, value, cut, ...letter } = whole;
  const bytes = value === null ? null : Buffer.from(value, 'base64');
  const keyBytes = key === null ? null : Buffer.from(key, 'base64');
  return {
    letter,
    key: keyBytes === null ? null : { bytes: keyBytes.length, hex: hexDump(keyBytes) },
    value: bytes === null ? null : await inspectValue(bytes, cut, registry),
    replays: await replaysOf(client, id),
  };
}

/** There is no dead letter with this id, as far as the offline store knows. */
export function unknownLetter(id: string): MillraceError {
  return new MillraceError(
    'DEAD_LETTER_UNKNOWN',
    `the offline store has no dead letter ${id}; one that was just written takes a moment`,
  );
}

async function inspectValue(
  bytes: Buffer,
  cut: boolean,
  registry: Pick<SchemaRegistry, 'schemaById'>,
): Promise<InspectedValue> {
  const plain = { bytes: bytes.length, hex: hexDump(bytes) };
  const framed = unframe(bytes);
  if (framed === undefined)
    return { ...plain, problem: 'it does not begin with 0 and a schema id (Confluent wire format)' };
  const { schemaId, payload } = framed;
  const schema = await registry.schemaById(schemaId);
  if (schema === undefined)
    return { ...plain, schemaId, problem: `the schema registry has no schema ${schemaId}` };
  const node = parsed(schema);
  if (typeof node === 'string') return { ...plain, schemaId, schema, problem: node };
  const decoded = decodeAsFar(node, payload);
  return cut
    ? {
        ...plain,
        schemaId,
        schema,
        decoded,
        problem: 'only its beginning is kept here; the log has it whole',
      }
    : { ...plain, schemaId, schema, decoded };
}

function parsed(schema: string): AvroNode | string {
  try {
    return parseAvroSchema(schema);
  } catch (error) {
    return describeError(error);
  }
}

/** An inspection for people. */
export function inspectionText({ letter, key, value, replays }: Inspection): string {
  const lines = [
    `Dead letter ${letter.id} is ${letter.state}${resolutionOf(letter)}`,
    `Record      ${placeText(letter)}, recorded ${letter.recordedAt}`,
    `Code        ${letter.code} (${letter.service})`,
    `Reason      ${letter.reason}`,
    ...(letter.replayOf === null ? [] : [`Replay of   ${letter.replayOf}`]),
    ...replays.map((replay) => `Dead again  ${replay.id} at ${placeText(replay)}, ${replay.state}`),
    key === null ? 'Key         none' : `Key         ${key.bytes} bytes\n${key.hex}`,
    value === null ? 'Value       none' : `Value       ${value.bytes} bytes\n${value.hex}`,
  ];
  if (value === null) return lines.join('\n');
  const { schemaId, schema, decoded, problem } = value;
  if (problem !== undefined) lines.push(`Not read: ${problem}`);
  if (schema !== undefined) lines.push(`Schema ${schemaId}\n${schema}`);
  if (decoded !== undefined) {
    lines.push('Decoded', ...decoded.fields.map(({ path, value: text }) => `  ${path} = ${text}`));
    const { brokeOff } = decoded;
    lines.push(
      brokeOff === undefined
        ? '  … to the end: the bytes are what the schema says'
        : `  broke off at ${brokeOff.path === '' ? '(the beginning)' : brokeOff.path}, byte ${brokeOff.byte} after the schema id: ${brokeOff.reason}`,
    );
  }
  return lines.join('\n');
}

function resolutionOf({
  state,
  resolvedAt,
  resolvedBy,
  resolutionReason,
  ...letter
}: ListedDeadLetter): string {
  if (state === 'open') return '';
  const where =
    state === 'replayed'
      ? ` to ${placeText({ topic: letter.topic, partition: letter.replayedPartition, offset: letter.replayedOffset })}`
      : '';
  return `${where} since ${resolvedAt}, by ${resolvedBy}${resolutionReason === '' ? '' : `: ${resolutionReason}`}`;
}
