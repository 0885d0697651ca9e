import { z } from 'zod';
import { topics, type OffsetVector } from '@millrace/events';
import type { Catalog } from '@millrace/feature-registry';
import { literal, physicalTable } from '@millrace/offline-store';
import type { Window } from '@millrace/statistics';
import type { WatchedColumn } from './histogram-query.ts';
import type { Queries } from './queries.ts';
import { eventsIn, type RowsSource } from './rows-source.ts';

const TABLE = 'predictions_raw';

/** The predictions of a model in a generation, with what it was served. */
export function modelRows(model: string, generation: number): RowsSource {
  return {
    table: physicalTable(TABLE, generation),
    topic: topics.predictions.name,
    epoch: 0,
    filter: `model = ${literal(model)}`,
    deletion: null,
  };
}

const names = z.array(z.string());
const foundSchema = z.object({
  numbers: names,
  texts: names,
  served: names,
  services: names,
  classes: z.coerce.number(),
  scores: z.coerce.number(),
  values: z.coerce.number(),
});

/**
 * What a model was served and answered in its reference period: each served feature, then `output.class`,
 * `output.score` and `output.value`, those of them that it gives. A feature without any value in the reference,
 * and an array, is watched for its nulls alone.
 */
export async function modelColumns(
  queries: Queries,
  catalog: Catalog,
  source: RowsSource,
  period: Window,
  vector: OffsetVector,
): Promise<readonly WatchedColumn[]> {
  const columns = [
    'served_numbers',
    'served_strings',
    'served_statuses',
    'feature_service',
    'output_class',
    'output_score',
    'output_value',
  ];
  const rows = eventsIn(
    source,
    period,
    vector,
    columns.map((column) => ({ as: `found__${column}`, expression: column })),
  );
  const [row] = await queries.rows(
    `SELECT groupUniqArrayArray(mapKeys(found__served_numbers)) AS numbers,
       groupUniqArrayArray(mapKeys(found__served_strings)) AS texts,
       groupUniqArrayArray(mapKeys(found__served_statuses)) AS served,
       groupUniqArray(found__feature_service) AS services,
       count(found__output_class) AS classes, count(found__output_score) AS scores, count(found__output_value) AS values
     FROM (${rows})`,
  );
  const found = foundSchema.parse(row);
  const arrays = arrayFeatures(catalog, found.services);
  const features = [...new Set([...found.served, ...found.numbers, ...found.texts])]
    .toSorted()
    .map((name): WatchedColumn => {
      if (arrays.has(name)) return presence(name);
      if (found.numbers.includes(name))
        return { name, type: 'numeric', kind: 'real', expression: member('served_numbers', name) };
      if (found.texts.includes(name))
        return { name, type: 'categorical', kind: 'real', expression: member('served_strings', name) };
      return presence(name);
    });
  const outputs: readonly WatchedColumn[] = [
    ...(found.classes > 0
      ? [{ name: 'output.class', type: 'categorical', kind: 'real', expression: 'output_class' } as const]
      : []),
    ...(found.scores > 0
      ? [{ name: 'output.score', type: 'numeric', kind: 'real', expression: 'output_score' } as const]
      : []),
    ...(found.values > 0
      ? [{ name: 'output.value', type: 'numeric', kind: 'real', expression: 'output_value' } as const]
      : []),
  ];
  return [...features, ...outputs];
}

function presence(name: string): WatchedColumn {
  return {
    name,
    type: 'presence',
    kind: 'real',
    expression: `if(served_statuses[${literal(name)}] = 'PRESENT', 1, NULL)`,
  };
}

function member(map: string, name: string): string {
  return `if(mapContains(${map}, ${literal(name)}), ${map}[${literal(name)}], NULL)`;
}

/** The served features that are arrays; they stand among the texts, as JSON. */
function arrayFeatures(catalog: Catalog, services: readonly string[]): ReadonlySet<string> {
  const known = services.filter((name) => catalog.hashOf('feature-service', name) !== undefined);
  const features = known.flatMap((name) => catalog.service(name).views.flatMap((view) => view.features));
  return new Set(features.filter(({ type }) => typeof type !== 'string').map(({ name }) => name));
}

const modelName = z.object({ model: z.string() });

/** The models that have predictions in the store. */
export async function predictedModels(queries: Queries): Promise<readonly string[]> {
  const rows = await queries.rows(`SELECT DISTINCT model FROM ${TABLE} ORDER BY model`);
  return rows.map((row) => modelName.parse(row).model);
}
