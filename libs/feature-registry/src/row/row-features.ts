import { type AvroNode, parseAvroSchema } from '@millrace/events/avro-bytes';
import type { RegisteredView } from '../catalog.ts';
import type { FeatureType } from '../feature-type.ts';

/** A feature that rows of a view have, or once had. */
export interface RowFeature {
  readonly name: string;
  readonly type: FeatureType;
  /** Undefined when the feature is no longer defined. */
  readonly description: string | undefined;
}

/** The features of a view's definition, and those that only rows of its older schemas have. */
export function rowFeatures(view: RegisteredView): readonly RowFeature[] {
  const features: RowFeature[] = Object.entries(view.definition.features).map(
    ([name, { type, description }]) => ({ name, type, description }),
  );
  const names = new Set(features.map(({ name }) => name));
  for (const schema of view.schemas.values()) {
    for (const { name, type } of featuresOfSchema(schema)) {
      if (names.has(name)) continue;
      names.add(name);
      features.push({ name, type, description: undefined });
    }
  }
  return features;
}

function featuresOfSchema(text: string): { readonly name: string; readonly type: FeatureType }[] {
  const root = parseAvroSchema(text);
  const values = root.kind === 'record' ? root.fields.find(({ name }) => name === 'values')?.node : undefined;
  const record = values?.kind === 'union' ? values.branches.find(({ kind }) => kind === 'record') : undefined;
  if (record?.kind !== 'record') return [];
  return record.fields.flatMap(({ name, node }) => {
    const type = featureTypeOf(node);
    return type === undefined ? [] : [{ name, type }];
  });
}

function featureTypeOf(node: AvroNode): FeatureType | undefined {
  if (node.kind === 'union') {
    const value = node.branches.find(({ kind }) => kind !== 'null');
    return value === undefined ? undefined : featureTypeOf(value);
  }
  if (node.kind === 'array') {
    const item = featureTypeOf(node.items);
    return typeof item === 'string' ? { array: item } : undefined;
  }
  if (node.kind === 'boolean') return 'bool';
  const { kind } = node;
  const plain = ['float', 'double', 'int', 'long', 'string', 'timestamp'] as const;
  return plain.find((name) => name === kind);
}
