import { type AvroSchema, eventSchemas, keySchema } from '@millrace/events';
import type { Entity, FeatureView } from './definition.ts';
import { describeType, type FeatureType, type ScalarType } from './feature-type.ts';

/**
 * The Avro record of a view's rows: envelope, typed entity key, and the values, which are null for a deletion.
 * Every feature is `["null", T]` with default null, so that adding and removing features is a compatible change.
 */
export function featureRowSchema(view: FeatureView, entity: Entity): AvroSchema {
  const namespace = `millrace.features.${view.name}`;
  return {
    type: 'record',
    name: 'FeatureWritten',
    namespace,
    doc: `A row of ${view.name}.`,
    fields: [
      { name: 'envelope', type: eventSchemas.Envelope },
      { name: 'key', type: keySchema('Key', entity.keys, namespace) },
      {
        name: 'values',
        default: null,
        type: [
          'null',
          {
            type: 'record',
            name: 'Values',
            namespace,
            fields: Object.entries(view.features).map(([name, feature]) => ({
              name,
              ...(feature.description === '' ? {} : { doc: feature.description }),
              type: ['null', avroOf(feature.type)],
              default: null,
            })),
          },
        ],
      },
    ],
  };
}

const scalars: Readonly<Record<ScalarType, unknown>> = {
  float: 'float',
  double: 'double',
  int: 'int',
  long: 'long',
  string: 'string',
  bool: 'boolean',
  timestamp: { type: 'long', logicalType: 'timestamp-micros' },
};

function avroOf(type: FeatureType): unknown {
  if (typeof type === 'string') return scalars[type];
  if ('array' in type) return { type: 'array', items: scalars[type.array] };
  return { type: 'array', items: type.embedding, millraceType: describeType(type) };
}
