import { type AvroSchema, type AvroType, frame, partitionOf } from '@millrace/events';
import type { Random } from '../random.ts';

/** An event that breaks no rule, before it is encoded. */
export interface GoodEvent {
  readonly key: Buffer;
  readonly event: unknown;
  /** For rows of views: the entity to read online. */
  readonly entity?: Readonly<Record<string, string | number | boolean>>;
}

/** A kind of event, and how to make some. */
export interface EventKind {
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  readonly schemaId: number;
  readonly schema: AvroSchema;
  readonly type: AvroType;
  /** For rows: the feature view. */
  readonly view?: string;
  /** A number gives the same event and no other one gives its key. */
  make(random: Random, number: number): GoodEvent;
}

/** A record that is ready to be sent. */
export interface MadeRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly partition: number;
  readonly entity?: GoodEvent['entity'];
}

/** A record that breaks no rule. */
export function goodRecord(kind: EventKind, random: Random, number: number): MadeRecord & { value: Buffer } {
  const { key, event, entity } = kind.make(random, number);
  const value = frame(kind.schemaId, kind.type.toBuffer(event));
  const partition = partitionOf(key, kind.partitions);
  return { key, value, partition, ...(entity === undefined ? {} : { entity }) };
}
