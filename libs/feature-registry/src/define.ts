import type { z } from 'zod';
import { MillraceError } from '@millrace/kernel';
import {
  type Entity,
  entitySchema,
  type FeatureService,
  featureServiceSchema,
  type FeatureView,
  featureViewSchema,
} from './definition.ts';

type Input<S extends z.ZodType> = Omit<z.input<S>, 'kind'>;

/** An entity whose key columns TypeScript knows. */
export type DefinedEntity<K extends Entity['keys'] = Entity['keys']> = Entity & { readonly keys: K };
/** A feature view whose features and entity TypeScript knows. */
export interface DefinedView<
  N extends string = string,
  E extends DefinedEntity = DefinedEntity,
  F extends Input<typeof featureViewSchema>['features'] = Input<typeof featureViewSchema>['features'],
> {
  readonly definition: FeatureView & { readonly name: N };
  readonly entity: E;
  readonly features: F;
}

/**
 * Defines an entity.
 *
 * @example const airport = defineEntity({ name: 'airport', keys: { airport: 'string' }, owner: 'ops' });
 * @throws MillraceError DEFINITION_INVALID that names every field which breaks its rule.
 */
export function defineEntity<const K extends Entity['keys']>(
  entity: Input<typeof entitySchema> & { keys: K },
): DefinedEntity<K> {
  return { ...parse(entitySchema, { ...entity, kind: 'entity' }), keys: entity.keys };
}

/**
 * Defines a feature view.
 *
 * @example
 * const departures = defineFeatureView({
 *   name: 'airport_departures', entity: airport, ttl: '1d', owner: 'ops',
 *   features: { mean_delay: { type: 'double' }, departures: { type: 'int' } },
 * });
 * @throws MillraceError DEFINITION_INVALID that names every field which breaks its rule.
 */
export function defineFeatureView<
  const N extends string,
  E extends DefinedEntity,
  const F extends Input<typeof featureViewSchema>['features'],
>(
  view: Omit<Input<typeof featureViewSchema>, 'entity' | 'features'> & { name: N; entity: E; features: F },
): DefinedView<N, E, F> {
  const definition = parse(featureViewSchema, { ...view, kind: 'feature-view', entity: view.entity.name });
  return { definition: { ...definition, name: view.name }, entity: view.entity, features: view.features };
}

/** A view as it stands in a feature service. */
export interface DefinedServiceView<
  A extends string = string,
  V extends DefinedView = DefinedView,
  S extends string = string,
> {
  readonly view: V;
  readonly as?: A;
  readonly features: readonly S[];
  readonly keys?: Readonly<Record<string, string>>;
}

/** A feature service whose views TypeScript knows. */
export interface DefinedService<M extends readonly DefinedServiceView[] = readonly DefinedServiceView[]> {
  readonly definition: FeatureService;
  readonly views: M;
}

/**
 * Defines a feature service.
 *
 * @example
 * defineFeatureService({ name: 'late_arrival', owner: 'ops', views: [
 *   { view: departures, as: 'origin', features: ['mean_delay'], keys: { airport: 'origin' } },
 * ] });
 * @throws MillraceError DEFINITION_INVALID that names every field which breaks its rule.
 */
export function defineFeatureService<const M extends readonly DefinedServiceView[]>(
  service: Omit<Input<typeof featureServiceSchema>, 'views'> & { views: M },
): DefinedService<M> {
  const views = service.views.map(({ view, ...member }) => ({ ...member, view: view.definition.name }));
  return {
    definition: parse(featureServiceSchema, { ...service, views, kind: 'feature-service' }),
    views: service.views,
  };
}

function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    // A bad name in a record is told by the rule that it breaks, not as 'Invalid key in record'.
    const { message } = (issue.code === 'invalid_key' ? issue.issues[0] : undefined) ?? issue;
    return `${issue.path.join('.')}: ${message}`;
  });
  throw new MillraceError('DEFINITION_INVALID', `invalid definition: ${problems.join('; ')}`, {
    details: { problems },
  });
}
