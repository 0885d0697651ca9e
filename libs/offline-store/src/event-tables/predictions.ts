import { type PredictionMade, type ServedFeature, type ServedView, topics } from '@millrace/events';
import { array, float64, instant, int32, int64, map, nullable, text, word } from './codec.ts';
import { column, eventTable } from './event-table.ts';

type Value = Exclude<ServedFeature['value'], null>;

/** Every prediction as the log has it, with what was served to the model. */
export const predictions = eventTable<PredictionMade>(
  topics.predictions,
  {
    name: 'predictions_raw',
    comment: 'Predictions as the log has them, copies included; predictions shows each once.',
    orderBy: ['model', 'event_time', 'as_of_key'],
  },
  [
    column(
      'prediction_id',
      text,
      (event) => event.predictionId,
      'What a label names to reach this prediction.',
    ),
    column('model', word, (event) => event.model, 'The model.'),
    column('model_version', word, (event) => event.modelVersion, 'The version that answered.'),
    column('alias', word, (event) => event.alias ?? '', 'The alias it was called by, such as champion.'),
    column(
      'feature_service',
      word,
      (event) => event.featureService ?? '',
      'The feature service that it read.',
    ),
    column(
      'feature_service_hash',
      word,
      (event) => event.featureServiceHash ?? '',
      'Hash of that definition.',
    ),
    column(
      'entity_key',
      map(text),
      (event) => event.entityKey,
      'Entity key columns and their values as text.',
    ),
    column(
      'read_at',
      nullable(instant),
      (event) => event.readAt,
      'The time at which the features were read.',
    ),
    column(
      'served_numbers',
      map(float64),
      ({ servedFeatures }) => picked(servedFeatures, numberOf),
      'Served numbers by view__feature; booleans as 0 and 1. A feature that is null is left out.',
    ),
    column(
      'served_integers',
      map(int64),
      ({ servedFeatures }) => picked(servedFeatures, (value) => ('long' in value ? value.long : undefined)),
      'Served integers and times once more, with all their digits.',
    ),
    column(
      'served_strings',
      map(text),
      ({ servedFeatures }) => picked(servedFeatures, stringOf),
      'Served texts by view__feature; arrays as JSON.',
    ),
    column(
      'served_statuses',
      map(word),
      ({ servedFeatures }) => Object.fromEntries(servedFeatures.map(({ name, status }) => [name, status])),
      'Status of each served feature: PRESENT, NULL_VALUE, NOT_FOUND or OUTSIDE_MAX_AGE.',
    ),
    views('served_views.name', word, ({ name }) => name, 'The served views, or their aliases.'),
    views('served_views.view', word, ({ view }) => view, 'The feature view of each.'),
    views('served_views.status', word, ({ status }) => status, 'PRESENT, NOT_FOUND or OUTSIDE_MAX_AGE.'),
    views(
      'served_views.event_time',
      nullable(instant),
      ({ eventTime }) => eventTime,
      'Time of the served row.',
    ),
    views('served_views.partition', nullable(int32), ({ partition }) => partition, 'Its partition.'),
    views('served_views.offset', nullable(int64), ({ offset }) => offset, 'Its offset.'),
    column('output_class', nullable(text), ({ output }) => output.class, 'The predicted class.'),
    column('output_score', nullable(float64), ({ output }) => output.score, 'Score of the predicted class.'),
    column(
      'output_probabilities',
      map(float64),
      ({ output }) => output.probabilities ?? {},
      'Probability of each class; empty where none were given.',
    ),
    column('output_value', nullable(float64), ({ output }) => output.value, 'The predicted number.'),
    column('segments', map(text), (event) => event.segments, 'Groups that the prediction falls into.'),
    column(
      'latency_micros',
      nullable(int64),
      (event) => event.latencyMicros,
      'Microseconds until the answer.',
    ),
  ],
);

function views<T>(
  name: string,
  codec: Parameters<typeof array<T>>[0],
  pick: (view: ServedView) => T,
  comment: string,
) {
  return column<PredictionMade, readonly T[]>(
    name,
    array(codec),
    ({ servedViews }) => servedViews.map(pick),
    comment,
  );
}

function picked<T>(
  features: readonly ServedFeature[],
  pick: (value: Value) => T | undefined,
): Record<string, T> {
  const found: Record<string, T> = {};
  for (const { name, value } of features) {
    const member = value === null ? undefined : pick(value);
    if (member !== undefined) found[name] = member;
  }
  return found;
}

function numberOf(value: Value): number | undefined {
  if ('double' in value) return value.double;
  if ('long' in value) return Number(value.long);
  return 'boolean' in value ? Number(value.boolean) : undefined;
}

function stringOf(value: Value): string | undefined {
  if ('string' in value) return value.string;
  if (!('array' in value)) return undefined;
  return `[${value.array.map(itemJson).join(',')}]`;
}

function itemJson(item: Exclude<Value, { readonly array: unknown }>): string {
  if ('string' in item) return JSON.stringify(item.string);
  return String('long' in item ? item.long : 'double' in item ? item.double : item.boolean);
}
