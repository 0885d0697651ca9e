import type { PredictionMade } from '@millrace/events';
import type { FeatureType } from '@millrace/feature-registry';
import type { RowIssue } from '@millrace/feature-registry/row';
import { err } from '@millrace/kernel';
import { z } from 'zod';
import { type EventRequest, envelopeOf, type ToRecord } from './event-rows.ts';
import { commonFields, entityKeySchema, instantSchema, longSchema, nameSchema, parseRow } from './fields.ts';
import type { Outcome } from './outcome.ts';
import { type ServedValue, servedValue } from './served-value.ts';

const statusSchema = z.enum(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE']);

const servedFeatureSchema = z.object({
  value: z.unknown().describe('The value as the model was given it.'),
  status: statusSchema.optional().describe('PRESENT for a value and NULL_VALUE for null, when left out.'),
});

const servedViewSchema = z.strictObject({
  name: nameSchema.describe('The view, or its alias in the feature service.'),
  view: nameSchema.optional().describe('The feature view; the name, when left out.'),
  status: statusSchema,
  eventTime: instantSchema.nullish().describe('The event time of the served row.'),
  partition: z.int().min(0).nullish().describe('Its partition in the topic of the view.'),
  offset: longSchema.nullish().describe('Its offset.'),
});

/** A prediction in JSON. */
export const predictionSchema = z.strictObject({
  ...commonFields,
  predictionId: nameSchema
    .nullish()
    .describe('What a label names to reach it; made from the event id when left out.'),
  model: nameSchema,
  modelVersion: nameSchema.describe('The version that answered.'),
  alias: nameSchema.nullish().describe('The alias under which it was called, such as champion.'),
  featureService: nameSchema.nullish().describe('The feature service whose features it read.'),
  featureServiceHash: nameSchema.nullish().describe('The hash of that definition.'),
  entityKey: entityKeySchema.describe('The entity key columns of the request and their values.'),
  readAt: instantSchema.nullish().describe('The time at which the features were read.'),
  servedViews: z.array(servedViewSchema).default([]).describe('Where each served row came from.'),
  servedFeatures: z
    .union([
      z.array(servedFeatureSchema.extend({ name: nameSchema })),
      z
        .record(nameSchema, servedFeatureSchema)
        .transform((byName) => Object.entries(byName).map(([name, feature]) => ({ ...feature, name }))),
    ])
    .default([])
    .describe('The vector as it was served: a list, or the `features` of an online read as they are.'),
  output: z
    .strictObject({
      class: z
        .union([z.string(), z.number(), z.boolean()])
        .transform(String)
        .nullish()
        .describe('The predicted class.'),
      score: z.number().nullish().describe('The score or probability of the predicted or positive class.'),
      probabilities: z.record(z.string(), z.number()).nullish().describe('The probability of each class.'),
      value: z.number().nullish().describe('The predicted number.'),
    })
    .refine((output) => Object.values(output).some((member) => member !== null && member !== undefined), {
      error: 'must have class, score, probabilities or value',
    }),
  segments: z
    .record(z.string(), z.string())
    .default({})
    .describe('Names of groups that it falls into, and the group.'),
  latencyMicros: longSchema.nullish().describe('How long the answer took, in microseconds.'),
});

/** Tells the types of a feature service's features by name; undefined for one that is not known. */
export type ServiceTypes = (service: string) => ReadonlyMap<string, FeatureType> | undefined;

/** Encodes predictions; `onId` is told the id of each, given or made. */
export function predictionRows(
  toRecord: ToRecord<PredictionMade>,
  request: EventRequest,
  serviceTypes: ServiceTypes,
  onId: (index: number, predictionId: string) => void,
): (row: unknown, index: number) => Outcome {
  return (row, index) => {
    const parsed = parseRow(predictionSchema, row);
    if (!parsed.ok) return parsed;
    const prediction = parsed.value;
    const types = prediction.featureService ? serviceTypes(prediction.featureService) : undefined;
    const served = servedFeatures(prediction.servedFeatures, types);
    if (served.issues.length > 0) return err(served.issues);
    const envelope = envelopeOf(prediction, index, request.source);
    const predictionId = prediction.predictionId ?? envelope.eventId;
    const { output } = prediction;
    const outcome = toRecord(
      {
        envelope,
        predictionId,
        model: prediction.model,
        modelVersion: prediction.modelVersion,
        alias: prediction.alias ?? null,
        featureService: prediction.featureService ?? null,
        featureServiceHash: prediction.featureServiceHash ?? null,
        entityKey: prediction.entityKey,
        readAt: prediction.readAt ?? null,
        servedViews: prediction.servedViews.map(
          ({ name, view = name, status, eventTime, partition, offset }) => ({
            name,
            view,
            status,
            eventTime: eventTime ?? null,
            partition: partition ?? null,
            offset: offset ?? null,
          }),
        ),
        servedFeatures: served.features,
        output: {
          class: output.class ?? null,
          score: output.score ?? null,
          probabilities: output.probabilities ?? null,
          value: output.value ?? null,
        },
        segments: prediction.segments,
        latencyMicros: prediction.latencyMicros ?? null,
      },
      predictionId,
      request,
    );
    if (outcome.ok) onId(index, predictionId);
    return outcome;
  };
}

interface ServedFeature {
  readonly name: string;
  readonly status: string;
  readonly value: ServedValue;
}

function servedFeatures(
  features: z.output<typeof predictionSchema>['servedFeatures'],
  types: ReadonlyMap<string, FeatureType> | undefined,
): { readonly features: readonly ServedFeature[]; readonly issues: readonly RowIssue[] } {
  const issues: RowIssue[] = [];
  const served: ServedFeature[] = [];
  for (const { name, value, status } of features) {
    const read = servedValue(value, types?.get(name));
    if (read.ok)
      served.push({
        name,
        value: read.value,
        status: status ?? (read.value === null ? 'NULL_VALUE' : 'PRESENT'),
      });
    else
      issues.push({
        path: `servedFeatures.${name}`,
        code: 'VALUE_INVALID',
        message: `${name} ${read.error}`,
      });
  }
  return { features: served, issues };
}
