import type { DefinedService, DefinedServiceView, FeatureType, ValueOf } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';
import type { KeyInput, Named } from './feature-types.ts';

/** What is known of a served feature. */
export type FeatureStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE';

/** Where a value came from. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A feature as it was served. */
export interface OnlineFeature<T> {
  /** Null unless the status is PRESENT. */
  readonly value: T | null;
  readonly status: FeatureStatus;
  /** With `withOrigin`: the event time of the row, in microseconds. */
  readonly eventTime?: Micros;
  /** With `withOrigin`. */
  readonly origin?: Origin;
}

type Intersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never;

type AliasOf<M extends DefinedServiceView> = M extends { readonly as: infer A extends string }
  ? A
  : M['view']['definition']['name'];

type ColumnOf<M extends DefinedServiceView, K> = M extends { readonly keys: infer Keys }
  ? K extends keyof Keys
    ? Extract<Keys[K], string>
    : K
  : K;

type EntityOfView<M extends DefinedServiceView> = KeyInput<{
  readonly [K in keyof Named<M['view']['entity']['keys']> as ColumnOf<M, K> & PropertyKey]: Named<
    M['view']['entity']['keys']
  >[K];
}>;

/** The columns that name an entity to a feature service, as its views call them there. */
export type EntityOf<S extends DefinedService> = Intersection<EntityOfMember<S['views'][number]>>;

type EntityOfMember<M> = M extends DefinedServiceView ? EntityOfView<M> : never;

type TypeOf<M extends DefinedServiceView, F> = F extends keyof M['view']['features']
  ? M['view']['features'][F] extends { readonly type: infer T extends FeatureType }
    ? T
    : never
  : never;

type FeaturesOfView<M extends DefinedServiceView> = {
  readonly [F in M['features'][number] as `${AliasOf<M>}__${F}`]: TypeOf<M, F>;
};

/** The features of a service by name, `view__feature` or `alias__feature`, with their types as in the definition. */
export type FeatureTypesOf<S extends DefinedService> = Intersection<FeaturesOfMember<S['views'][number]>>;

type FeaturesOfMember<M> = M extends DefinedServiceView ? FeaturesOfView<M> : never;

/** What was read for one entity. */
export interface OnlineRow<S extends DefinedService> {
  readonly entity: EntityOf<S>;
  /** The values by name: what a model takes. */
  readonly values: { readonly [F in keyof FeatureTypesOf<S>]: Value<FeatureTypesOf<S>[F]> | null };
  /** The same with their statuses, and, with `withOrigin`, where they came from. */
  readonly features: { readonly [F in keyof FeatureTypesOf<S>]: OnlineFeature<Value<FeatureTypesOf<S>[F]>> };
}

type Value<T> = T extends FeatureType ? ValueOf<T> : never;

/** What was read for one entity of a service, or of features, of which only names are known: values are as JSON has them. */
export interface LooseOnlineRow {
  readonly entity: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly features: Readonly<Record<string, OnlineFeature<unknown>>>;
}

/** The answer to a read. */
export interface OnlineAnswer<Row> {
  /** The feature service; undefined for a list of features. */
  readonly service: string | undefined;
  /** The hash of its definition, where the server says it. */
  readonly serviceHash: string | undefined;
  /** The time for which it was read, in microseconds. */
  readonly at: Micros;
  /** One for each entity, in the order asked. */
  readonly rows: readonly Row[];
}
