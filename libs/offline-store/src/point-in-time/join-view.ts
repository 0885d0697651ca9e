import type { KeyColumnType } from '@millrace/events';
import { type FeatureType, featureTypeSchema, type ResolvedService } from '@millrace/feature-registry';
import { z } from 'zod';
import { rawTableName } from '../feature-table/feature-table.ts';

/** One view of a point-in-time join, with all that the join needs: a manifest can keep it as it was. */
export const joinViewSchema = z.object({
  /** The view's name in the service, or its alias. */
  name: z.string(),
  view: z.string(),
  table: z.string(),
  topic: z.string(),
  epoch: z.number().int(),
  /** Microseconds as text, or null for any age. */
  ttl: z.string().regex(/^\d+$/).nullable(),
  /** The key columns, the spine's column for each, and the type. */
  keys: z.array(
    z.object({ key: z.string(), column: z.string(), type: z.enum(['string', 'int', 'long', 'bool']) }),
  ),
  /** The features, and the column of the result for each. */
  features: z.array(z.object({ feature: z.string(), name: z.string(), type: featureTypeSchema })),
});
/** See {@link joinViewSchema}. */
export type JoinView = z.infer<typeof joinViewSchema>;

/** What a feature service joins. */
export function joinViewsOf(service: ResolvedService): JoinView[] {
  return service.views.map(({ name, view, features, keyColumns }) => ({
    name,
    view: view.definition.name,
    table: rawTableName(view.definition.name),
    topic: view.topic,
    epoch: view.epoch,
    ttl: view.ttl === null ? null : String(view.ttl),
    keys: keyColumns.map(({ key, column }) => ({ key, column, type: keyType(view.entity.keys[key]) })),
    features: features.map(({ feature, name: resultColumn, type }): JoinView['features'][number] => ({
      feature,
      name: resultColumn,
      type: copyOf(type),
    })),
  }));
}

function keyType(type: KeyColumnType | undefined): KeyColumnType {
  return type ?? 'string';
}

function copyOf(type: FeatureType): FeatureType {
  return typeof type === 'string' ? type : { ...type };
}
