import {
  type AvroType,
  compileAvro,
  type DeadLetterDiscarded,
  type DeadLettered,
  type DeadLetterReplayed,
  type DefinitionRegistered,
  type DriftWindowClosed,
  eventSchemas,
  frame,
  type LabelObserved,
  type ModelReleased,
  type ModelRolledBack,
  type ModelVersionRegistered,
  type PredictionMade,
  type RetrainingRequested,
  type StoresVerified,
  subjectOf,
  unframe,
} from '@millrace/events';
import { checkOf, parseAvroSchema } from '@millrace/events/avro-bytes';
import { describeError, MillraceError } from '@millrace/kernel';
import type { SchemaRegistry } from './schema-registry.ts';

/** The lifecycle events by the name of their record; rows of feature views have records of their own. */
export interface LifecycleEvents {
  readonly DeadLetterDiscarded: DeadLetterDiscarded;
  readonly DeadLettered: DeadLettered;
  readonly DeadLetterReplayed: DeadLetterReplayed;
  readonly DefinitionRegistered: DefinitionRegistered;
  readonly DriftWindowClosed: DriftWindowClosed;
  readonly LabelObserved: LabelObserved;
  readonly ModelReleased: ModelReleased;
  readonly ModelRolledBack: ModelRolledBack;
  readonly ModelVersionRegistered: ModelVersionRegistered;
  readonly PredictionMade: PredictionMade;
  readonly RetrainingRequested: RetrainingRequested;
  readonly StoresVerified: StoresVerified;
}

/** The name of a lifecycle event. */
export type LifecycleEventName = keyof LifecycleEvents;

/** A lifecycle event with its name, which tells its type. */
export type LifecycleEvent = {
  [N in LifecycleEventName]: { readonly name: N; readonly event: LifecycleEvents[N] };
}[LifecycleEventName];

const names = [
  'DeadLetterDiscarded',
  'DeadLettered',
  'DeadLetterReplayed',
  'DefinitionRegistered',
  'DriftWindowClosed',
  'LabelObserved',
  'ModelReleased',
  'ModelRolledBack',
  'ModelVersionRegistered',
  'PredictionMade',
  'RetrainingRequested',
  'StoresVerified',
] as const satisfies readonly LifecycleEventName[];

interface Reader {
  readonly name: LifecycleEventName;
  read(payload: Buffer): LifecycleEvent;
}

/** Encodes and decodes lifecycle events in the Confluent wire format. Schemas are resolved once and kept. */
export class EventCodec {
  readonly #registry: SchemaRegistry;
  readonly #types = new Map<LifecycleEventName, AvroType>();
  readonly #ids = new Map<string, Promise<number>>();
  readonly #readers = new Map<number, Promise<Reader>>();

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  /**
   * Encodes an event for a topic; its schema is registered when it is first used.
   *
   * @throws MillraceError VALUE_INVALID naming the field, REGISTRY_UNAVAILABLE, DEFINITION_INCOMPATIBLE
   */
  async encode<N extends LifecycleEventName>(
    topic: string,
    name: N,
    event: LifecycleEvents[N],
  ): Promise<Buffer> {
    const id = await this.schemaId(topic, name);
    return frame(id, encodeChecked(this.#type(name), name, event));
  }

  /** The id under which the schema of an event stands for a topic. @throws MillraceError REGISTRY_UNAVAILABLE */
  schemaId(topic: string, name: LifecycleEventName): Promise<number> {
    const subject = subjectOf(topic, `millrace.${name}`);
    return remembered(this.#ids, subject, () =>
      this.#registry.register(subject, JSON.stringify(eventSchemas[name])),
    );
  }

  /**
   * Decodes an event, whichever compatible schema it was written with.
   *
   * @throws MillraceError EVENT_MALFORMED, SCHEMA_UNKNOWN, REGISTRY_UNAVAILABLE
   */
  async decode(value: Buffer): Promise<LifecycleEvent> {
    const framed = unframe(value);
    if (framed === undefined)
      throw new MillraceError('EVENT_MALFORMED', 'the value is not in the Confluent wire format');
    const reader = await remembered(this.#readers, framed.schemaId, () => this.#reader(framed.schemaId));
    try {
      return reader.read(framed.payload);
    } catch (cause) {
      throw new MillraceError(
        'EVENT_MALFORMED',
        `the value is not a ${reader.name}: ${describeError(cause)}`,
        { cause },
      );
    }
  }

  /**
   * As {@link decode}, but undefined for a record that no one will ever decode: who follows a topic goes on past it.
   *
   * @throws MillraceError REGISTRY_UNAVAILABLE
   */
  async decodeIfEvent(value: Buffer | null): Promise<LifecycleEvent | undefined> {
    if (value === null) return undefined;
    try {
      return await this.decode(value);
    } catch (error) {
      if (error instanceof MillraceError && !error.retry) return undefined;
      throw error;
    }
  }

  #type(name: LifecycleEventName): AvroType {
    const known = this.#types.get(name);
    if (known !== undefined) return known;
    const type = compileAvro(eventSchemas[name]);
    this.#types.set(name, type);
    return type;
  }

  async #reader(schemaId: number): Promise<Reader> {
    const text = await this.#registry.schemaById(schemaId);
    if (text === undefined)
      throw new MillraceError('SCHEMA_UNKNOWN', `the schema registry has no schema ${schemaId}`, {
        details: { schemaId },
      });
    return readerOf(schemaId, text, (name) => this.#type(name));
  }
}

/** @throws MillraceError EVENT_MALFORMED when the schema is not that of a lifecycle event. */
function readerOf(schemaId: number, text: string, typeOf: (name: LifecycleEventName) => AvroType): Reader {
  try {
    const written = compileAvro(JSON.parse(text));
    const check = checkOf(parseAvroSchema(text));
    const name = names.find((candidate) => written.name === `millrace.${candidate}`);
    if (name === undefined)
      throw new MillraceError(
        'EVENT_MALFORMED',
        `schema ${schemaId} is of ${written.name ?? 'no record'}, not of a lifecycle event`,
      );
    const type = typeOf(name);
    const resolver = type.createResolver(written);
    return {
      name,
      read(payload) {
        check(payload);
        return { name, event: type.fromBuffer(payload, resolver) };
      },
    };
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError(
      'EVENT_MALFORMED',
      `schema ${schemaId} is not that of a lifecycle event: ${describeError(cause)}`,
      { cause },
    );
  }
}

function encodeChecked(type: AvroType, name: string, event: unknown): Buffer {
  try {
    return type.toBuffer(event);
  } catch (cause) {
    let path = '';
    type.isValid(event, { errorHook: (where) => void (path ||= where.join('.')) });
    throw new MillraceError('VALUE_INVALID', `${name}.${path} does not fit its type`, {
      cause,
      details: { path },
    });
  }
}

/** Asks once for each key; a failure is not remembered. */
function remembered<K, V>(memory: Map<K, Promise<V>>, key: K, ask: () => Promise<V>): Promise<V> {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const asked = ask();
  memory.set(key, asked);
  asked.catch(() => memory.delete(key));
  return asked;
}
