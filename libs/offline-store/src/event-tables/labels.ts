import { type LabelObserved, topics } from '@millrace/events';
import { float64, instant, map, nullable, text, word } from './codec.ts';
import { column, eventTable } from './event-table.ts';

/** Every label as the log has it. */
export const labels = eventTable<LabelObserved>(
  topics.labels,
  {
    name: 'labels_raw',
    comment:
      'Labels as the log has them, copies and replaced ones included; labels shows the newest of each.',
    orderBy: ['prediction_id', 'name', 'as_of_key'],
  },
  [
    column(
      'prediction_id',
      text,
      (event) => event.predictionId ?? '',
      'The prediction that this is the truth of, or empty.',
    ),
    column(
      'entity_key',
      map(text),
      (event) => event.entityKey ?? {},
      'Without a prediction id: the entity key as text.',
    ),
    column(
      'label_time',
      nullable(instant),
      (event) => event.labelTime,
      'Without a prediction id: the time of what was predicted.',
    ),
    column('model', word, (event) => event.model ?? '', 'The model, where the label is meant for one only.'),
    column('name', word, (event) => event.name, 'What was observed.'),
    column(
      'value',
      nullable(text),
      ({ value }) => textOf(value),
      'The observed value as text; null takes the label back.',
    ),
    column(
      'value_type',
      word,
      ({ value }) => typeOf(value),
      'bool, long, double, string, or empty for null.',
    ),
    column(
      'value_number',
      nullable(float64),
      ({ value }) => numberOf(value),
      'The value as a number; booleans are 0 and 1.',
    ),
  ],
);

type Value = LabelObserved['value'];

function textOf(value: Value): string | null {
  if (value === null) return null;
  if ('string' in value) return value.string;
  return String('long' in value ? value.long : 'double' in value ? value.double : value.boolean);
}

function typeOf(value: Value): string {
  if (value === null) return '';
  if ('boolean' in value) return 'bool';
  if ('long' in value) return 'long';
  return 'double' in value ? 'double' : 'string';
}

function numberOf(value: Value): number | null {
  if (value === null || 'string' in value) return null;
  if ('double' in value) return value.double;
  return Number('long' in value ? value.long : value.boolean);
}
