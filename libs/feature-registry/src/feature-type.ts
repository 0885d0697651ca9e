import { z } from 'zod';
import type { Micros } from '@millrace/kernel';

/** The types of a single value. */
export const scalarTypes = ['float', 'double', 'int', 'long', 'string', 'bool', 'timestamp'] as const;
/** The type of a single value. `int` has 32 bits, `long` 64; `timestamp` is UTC microseconds. */
export type ScalarType = (typeof scalarTypes)[number];

const scalar = z.enum(scalarTypes);

/** The type of a feature, as it stands in a definition. */
export const featureTypeSchema = z.union([
  scalar,
  z.strictObject({ array: scalar }),
  z.strictObject({ embedding: z.enum(['float', 'double']), dimension: z.int().min(1).max(65_536) }),
]);
/** A scalar; an array of scalars; or an embedding: an array of a fixed number of floats or doubles. */
export type FeatureType = z.infer<typeof featureTypeSchema>;

interface ScalarValues {
  float: number;
  double: number;
  int: number;
  long: bigint;
  string: string;
  bool: boolean;
  timestamp: Micros;
}

/** The TypeScript type of a feature's value that is not null. */
export type ValueOf<T extends FeatureType> = T extends ScalarType
  ? ScalarValues[T]
  : T extends { readonly array: infer S extends ScalarType }
    ? readonly ScalarValues[S][]
    : readonly number[];

/** Any value of a feature; null is a value that was written as null. */
export type FeatureValue = ScalarValues[ScalarType] | readonly ScalarValues[ScalarType][] | null;

/** Writes a type for people: `double`, `array<string>`, `embedding<float, 64>`. */
export function describeType(type: FeatureType): string {
  if (typeof type === 'string') return type;
  return 'array' in type ? `array<${type.array}>` : `embedding<${type.embedding}, ${type.dimension}>`;
}
