import type { DefinedView, FeatureType, ScalarType } from '@millrace/feature-registry';
import type { TimeInput } from './time-input.ts';

interface ScalarInputs {
  float: number;
  double: number;
  int: number;
  long: bigint | number;
  string: string;
  bool: boolean;
  timestamp: TimeInput;
}

/** What may be handed in for a feature of a type. */
export type FeatureInput<T extends FeatureType> = T extends ScalarType
  ? ScalarInputs[T]
  : T extends { readonly array: infer S extends ScalarType }
    ? readonly ScalarInputs[S][]
    : readonly number[] | Float32Array | Float64Array;

interface KeyInputs {
  string: string;
  int: number;
  long: bigint | number;
  bool: boolean;
}

/** Only the names that a type tells: `{ [name: string]: … } & { airport: … }` has `airport`. */
export type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** What may be handed in for entity key columns. */
export type KeyInput<Keys> = {
  readonly [K in keyof Named<Keys>]: Named<Keys>[K] extends keyof KeyInputs
    ? KeyInputs[Named<Keys>[K]]
    : never;
};

/** The entity key of a view. */
export type KeyOf<V extends DefinedView> = KeyInput<V['entity']['keys']>;

interface RowEnvelope {
  /** When it was true in the world. */
  readonly eventTime: TimeInput;
  /** A UUID that names the event, where the sender can name it again. */
  readonly eventId?: string | undefined;
}

/** A row of a view: its key columns, event time and features; a feature that is left out is null. */
export type RowOf<V extends DefinedView> = KeyOf<V> &
  RowEnvelope & {
    readonly [F in keyof V['features']]?: FeatureInput<V['features'][F]['type']> | null | undefined;
  };

/** A deletion of a view's entity. */
export type DeletionOf<V extends DefinedView> = KeyOf<V> & RowEnvelope;

/** A row of a view of which only the name is known: nothing is checked before the gateway does. */
export interface LooseRow extends RowEnvelope {
  readonly [column: string]: unknown;
}
