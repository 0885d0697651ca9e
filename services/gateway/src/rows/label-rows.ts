import type { LabelObserved } from '@millrace/events';
import { err } from '@millrace/kernel';
import { z } from 'zod';
import { type EventRequest, envelopeOf, type ToRecord } from './event-rows.ts';
import { commonFields, entityKeySchema, instantSchema, nameSchema, parseRow } from './fields.ts';
import type { EncodeRow } from './outcome.ts';

/** A label in JSON. */
export const labelSchema = z.strictObject({
  ...commonFields,
  predictionId: nameSchema.nullish().describe('The prediction that this is the truth of.'),
  entityKey: entityKeySchema
    .nullish()
    .describe('Without a prediction id: the entity key columns and their values.'),
  labelTime: instantSchema.nullish().describe('Without a prediction id: the time of what was predicted.'),
  model: nameSchema.nullish().describe('The model, where the label is meant for one only.'),
  name: nameSchema.describe('What was observed, such as arrived_late.'),
  value: z
    .union([z.null(), z.boolean(), z.number(), z.string()])
    .describe('The observed value; null takes the label back.'),
});

/** Encodes labels. */
export function labelRows(toRecord: ToRecord<LabelObserved>, request: EventRequest): EncodeRow {
  return (row, index) => {
    const parsed = parseRow(labelSchema, row);
    if (!parsed.ok) return parsed;
    const label = parsed.value;
    const { predictionId = null, entityKey = null, labelTime = null } = label;
    const key = predictionId ?? (entityKey === null ? undefined : entityKeyText(entityKey));
    if (key === undefined || (predictionId === null && labelTime === null)) {
      return err([
        {
          path: 'predictionId',
          code: 'KEY_INVALID',
          message: 'a label must name a predictionId, or an entityKey and a labelTime',
        },
      ]);
    }
    return toRecord(
      {
        envelope: envelopeOf(label, index, request.source),
        predictionId,
        entityKey,
        labelTime,
        model: label.model ?? null,
        name: label.name,
        value: labelValue(label.value),
      },
      key,
      request,
    );
  };
}

/** The same key gives the same text in whichever order its columns come. */
function entityKeyText(key: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function labelValue(value: z.output<typeof labelSchema>['value']): LabelObserved['value'] {
  if (value === null) return null;
  if (typeof value === 'boolean') return { boolean: value };
  if (typeof value === 'string') return { string: value };
  return Number.isSafeInteger(value) ? { long: BigInt(value) } : { double: value };
}
