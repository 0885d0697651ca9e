import { type DefinedService, type FeatureType, featureReference } from '@millrace/feature-registry';
import { MillraceError, type Micros, parseInstant } from '@millrace/kernel';
import { z } from 'zod';
import type { Http } from './http.ts';
import { fromJson, toJson } from './json-values.ts';
import type { EntityOf, LooseOnlineRow, OnlineAnswer, OnlineFeature, OnlineRow } from './online-types.ts';
import { type TimeInput, timeToJson } from './time-input.ts';
import type { Positions } from './write.ts';

/** How to read. */
export interface ReadOptions {
  /** The time for which to read: older rows than their TTL at this time are not served. @default now */
  readonly at?: TimeInput;
  /** What a write answered: the read waits until the online store has it. */
  readonly minPositions?: Positions;
  /** Whether each value comes with its event time and its place in the log. @default false */
  readonly withOrigin?: boolean;
}

/** Features asked for without a feature service: each `view__feature`. */
export interface FeatureList {
  readonly features: readonly string[];
}

/** Reads features for models that answer now. */
export interface OnlineReader {
  /**
   * Reads a feature service for entities, in their order.
   *
   * @throws MillraceError DEFINITION_UNKNOWN, KEY_INVALID, STORE_UNAVAILABLE and others of the feature server.
   */
  read<S extends DefinedService>(
    service: S,
    entities: readonly EntityOf<S>[],
    options?: ReadOptions,
  ): Promise<OnlineAnswer<OnlineRow<S>>>;
  /** The same by the name of a service, or for a list of features, without the help of types. */
  read(
    service: string | FeatureList,
    entities: readonly Readonly<Record<string, unknown>>[],
    options?: ReadOptions,
  ): Promise<OnlineAnswer<LooseOnlineRow>>;
}

const instantSchema = z.string().transform((text, context): Micros => {
  const parsed = parseInstant(text);
  if (parsed.ok) return parsed.value;
  context.addIssue(parsed.error);
  return z.NEVER;
});

const featureSchema = z.object({
  value: z.unknown(),
  status: z.enum(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE']),
  eventTime: instantSchema.nullish(),
  origin: z.object({ topic: z.string(), partition: z.number(), offset: z.coerce.number() }).nullish(),
});

const answerSchema = z.object({
  service: z.string().nullish(),
  serviceHash: z.string().nullish(),
  at: instantSchema,
  results: z.array(
    z.object({ entity: z.record(z.string(), z.unknown()), features: z.record(z.string(), featureSchema) }),
  ),
});

/** Reads from a feature server. */
export function onlineReader(featureServer: Http): OnlineReader {
  function read<S extends DefinedService>(
    service: S,
    entities: readonly EntityOf<S>[],
    options?: ReadOptions,
  ): Promise<OnlineAnswer<OnlineRow<S>>>;
  function read(
    service: string | FeatureList,
    entities: readonly Readonly<Record<string, unknown>>[],
    options?: ReadOptions,
  ): Promise<OnlineAnswer<LooseOnlineRow>>;
  async function read(
    service: DefinedService | string | FeatureList,
    entities: readonly Readonly<Record<string, unknown>>[],
    { at, minPositions, withOrigin }: ReadOptions = {},
  ): Promise<OnlineAnswer<LooseOnlineRow>> {
    const types = typesOf(service);
    const response = await featureServer({
      method: 'POST',
      path: '/v1/online',
      json: {
        ...asked(service),
        entities: entities.map(entityToJson),
        ...(at === undefined ? {} : { at: timeToJson(at) }),
        ...(minPositions === undefined ? {} : { minPositions }),
        ...(withOrigin === undefined ? {} : { withOrigin }),
      },
      repeatable: true,
    });
    const answer = answerSchema.parse(await response.json());
    return {
      service: answer.service ?? undefined,
      serviceHash: answer.serviceHash ?? undefined,
      at: answer.at,
      rows: answer.results.map(({ features }, index) => rowOf(entities[index] ?? {}, features, types)),
    };
  }
  return { read };
}

/** The types of a service's features by their names in answers; undefined where only names are known. */
function typesOf(
  service: DefinedService | string | FeatureList,
): ReadonlyMap<string, FeatureType> | undefined {
  if (typeof service === 'string' || 'features' in service) return undefined;
  const types = new Map<string, FeatureType>();
  for (const { view, as: alias, features } of service.views) {
    for (const feature of features) {
      const type = view.features[feature]?.type;
      if (type !== undefined) types.set(featureReference(alias ?? view.definition.name, feature), type);
    }
  }
  return types;
}

function asked(service: DefinedService | string | FeatureList) {
  if (typeof service === 'string') return { service };
  return 'features' in service ? { features: service.features } : { service: service.definition.name };
}

function entityToJson(entity: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entity).map(([column, value]) => [column, toJson(value)]));
}

function rowOf(
  entity: Readonly<Record<string, unknown>>,
  served: Readonly<Record<string, z.output<typeof featureSchema>>>,
  types: ReadonlyMap<string, FeatureType> | undefined,
): LooseOnlineRow {
  const values: Record<string, unknown> = {};
  const features: Record<string, OnlineFeature<unknown>> = {};
  for (const name of types?.keys() ?? Object.keys(served)) {
    const feature = served[name];
    if (feature === undefined) {
      throw new MillraceError(
        'VALUE_INVALID',
        `the server did not answer ${name}: is the definition at hand the one that is registered?`,
      );
    }
    const type = types?.get(name);
    const { status, eventTime, origin } = feature;
    const value = type === undefined ? feature.value : fromJson(feature.value, type);
    values[name] = value;
    features[name] = {
      value,
      status,
      ...(eventTime === null || eventTime === undefined ? {} : { eventTime }),
      ...(origin === null || origin === undefined ? {} : { origin }),
    };
  }
  return { entity, values, features };
}
