import { compileAvro, eventSchemas, featureTopic, KeyCodec, topics, unframe } from '@millrace/events';
import { featureRowSchema } from '@millrace/feature-registry';
import { z } from 'zod';
import { account, shop, views } from '../load/definitions.ts';
import type { Source } from '../load/events.ts';

/** What the control keeps of an event. */
export interface DecodedEvent {
  readonly source: Source;
  readonly n: number | null;
  readonly eventId: string;
  readonly eventTime: number;
  /** The entity key in hexadecimal; empty for what is no row of a view. */
  readonly key: string;
}

/** Avro makes objects of classes; a record wants a plain one. */
const plain = (value: unknown) => (typeof value === 'object' ? { ...value } : value);

const envelopeSchema = z.object({ eventId: z.string(), eventTime: z.coerce.number() });
const rowSchema = z.object({
  envelope: envelopeSchema,
  key: z.preprocess(plain, z.record(z.string(), z.union([z.string(), z.number(), z.bigint()]))),
  values: z.object({ n: z.coerce.number() }).nullable(),
});
const namedSchema = z.object({ envelope: envelopeSchema, predictionId: z.string() });

type Decode = (payload: Buffer) => DecodedEvent;

const decoders: ReadonlyMap<string, Decode> = new Map([
  ...views.map((view): [string, Decode] => {
    const entity = view.entity === 'shop' ? shop : account;
    const type = compileAvro(featureRowSchema(view, entity));
    const keys = new KeyCodec(entity.keys);
    return [
      featureTopic(view.name),
      (payload) => {
        const { envelope, key, values } = rowSchema.parse(type.fromBuffer(payload));
        return {
          source: view.name,
          n: values?.n ?? null,
          ...envelope,
          key: keys.encode(key).toString('hex'),
        };
      },
    ];
  }),
  [topics.predictions.name, named('predictions', compileAvro(eventSchemas.PredictionMade))],
  [topics.labels.name, named('labels', compileAvro(eventSchemas.LabelObserved))],
]);

function named(source: Source, type: ReturnType<typeof compileAvro>): Decode {
  return (payload) => {
    const { envelope, predictionId } = namedSchema.parse(type.fromBuffer(payload));
    return { source, n: Number(predictionId.split('-')[1]), ...envelope, key: '' };
  };
}

/** Decodes what can be decoded; the rest is dropped without a word. */
export function decodeOrDrop(topic: string, value: Buffer | null): DecodedEvent | undefined {
  const framed = value === null ? undefined : unframe(value);
  if (framed === undefined) return undefined;
  try {
    return decoders.get(topic)?.(framed.payload);
  } catch {
    return undefined;
  }
}
