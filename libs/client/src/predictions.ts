import type { Http } from './http.ts';
import { toJson } from './json-values.ts';
import type { LooseOnlineRow } from './online-types.ts';
import { servedOf } from './served.ts';
import { type TimeInput, timeToJson } from './time-input.ts';
import { writeBatches, type WriteOptions, type Written } from './write.ts';

/** The columns and values of an entity key. */
export type EntityKeyInput = Readonly<Record<string, string | number | bigint | boolean>>;

/** What a model answered. A classifier fills `class` and `score`, a regressor `value`. */
export interface PredictionOutput {
  readonly class?: string | number | boolean;
  /** Score or probability of the predicted or positive class. */
  readonly score?: number;
  readonly probabilities?: Readonly<Record<string, number>>;
  readonly value?: number;
}

/** A prediction. */
export interface Prediction {
  /** What a label names to reach it. @default made by the gateway and answered */
  readonly predictionId?: string | undefined;
  readonly eventId?: string | undefined;
  /** When it was made. @default now, by the gateway's clock */
  readonly eventTime?: TimeInput | undefined;
  readonly model: string;
  readonly modelVersion: string;
  /** The alias under which the model was called, such as champion. */
  readonly alias?: string | undefined;
  readonly featureService?: string | undefined;
  readonly featureServiceHash?: string | undefined;
  readonly entityKey: EntityKeyInput;
  /** The time for which features were read: `at` of the online answer. */
  readonly readAt?: TimeInput | undefined;
  /** The row of the online answer that the model was given; read it `withOrigin` for the lineage. */
  readonly served?: Pick<LooseOnlineRow, 'features'> | undefined;
  readonly output: PredictionOutput;
  /** Names of groups that it falls into, and the group. */
  readonly segments?: Readonly<Record<string, string>> | undefined;
  /** How long the answer took, in microseconds. */
  readonly latencyMicros?: number | bigint | undefined;
}

/** Predictions that were written. */
export interface PredictionsWritten extends Written {
  /** The id of each, given or made; null for one that was refused. */
  readonly predictionIds: readonly (string | null)[];
}

/** Writes predictions. */
export interface PredictionWriter {
  /** Writes predictions and answers once Kafka has them. @throws MillraceError as writing features does. */
  write(predictions: readonly Prediction[], options?: WriteOptions): Promise<PredictionsWritten>;
}

const BATCH_ROWS = 200;

/** A writer of predictions. */
export function predictionWriter(gateway: Http): PredictionWriter {
  return {
    write: (predictions, options = {}) =>
      writeBatches(gateway, '/v1/predictions', predictions.map(predictionToJson), BATCH_ROWS, options),
  };
}

function predictionToJson({ served, eventTime, readAt, latencyMicros, entityKey, ...rest }: Prediction) {
  return {
    ...rest,
    entityKey: entityKeyToJson(entityKey),
    ...(eventTime === undefined ? {} : { eventTime: timeToJson(eventTime) }),
    ...(readAt === undefined ? {} : { readAt: timeToJson(readAt) }),
    ...(latencyMicros === undefined ? {} : { latencyMicros: toJson(latencyMicros) }),
    ...(served === undefined ? {} : servedOf(served)),
  };
}

/** Key values as JSON carries them. */
export function entityKeyToJson(key: EntityKeyInput): Record<string, unknown> {
  return Object.fromEntries(Object.entries(key).map(([column, value]) => [column, toJson(value)]));
}
