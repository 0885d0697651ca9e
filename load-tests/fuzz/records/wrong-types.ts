import { type AvroSchema, compileAvro, frame } from '@millrace/events';
import { z } from 'zod';
import type { EventKind } from './event-kind.ts';

/** Encodes an event anew, by the schema of a producer who has the right names and a wrong type. */
export type EncodeWrongly = (event: unknown) => Buffer;

const TEXT = 'a text';
const row = z.looseObject({ values: z.looseObject({}) });
const lifecycleEvent = z.looseObject({ envelope: z.looseObject({}) });

/** By kind: a feature that is a number becomes a text in rows, and the event time in every other event. */
export async function wrongTypes(
  kinds: readonly EventKind[],
  register: (subject: string, schema: string) => Promise<number>,
): Promise<ReadonlyMap<string, EncodeWrongly>> {
  const encoders = new Map<string, EncodeWrongly>();
  for (const { name, schema, view } of kinds) {
    const change = view === undefined ? inEnvelope : inValues;
    const text = change.schema(schema);
    const schemaId = await register(`fuzz-wrong-${name}-value`, text);
    const type = compileAvro(JSON.parse(text));
    encoders.set(name, (event) => frame(schemaId, type.toBuffer(change.event(event))));
  }
  return encoders;
}

const inValues = {
  schema: (schema: AvroSchema) =>
    replaced(schema, '"name":"value","type":["null","double"]', '"name":"value","type":["null","string"]'),
  event(event: unknown) {
    const { values, ...rest } = row.parse(event);
    return { ...rest, values: { ...values, value: TEXT } };
  },
};

const inEnvelope = {
  schema: (schema: AvroSchema) =>
    replaced(
      schema,
      '"name":"eventTime","type":{"type":"long","logicalType":"timestamp-micros"}',
      '"name":"eventTime","type":"string"',
    ),
  event(event: unknown) {
    const { envelope, ...rest } = lifecycleEvent.parse(event);
    return { ...rest, envelope: { ...envelope, eventTime: TEXT } };
  },
};

function replaced(schema: AvroSchema, from: string, to: string): string {
  const text = JSON.stringify(schema);
  if (!text.includes(from)) throw new Error(`the schema has no ${from}`);
  return text.replace(from, to);
}
