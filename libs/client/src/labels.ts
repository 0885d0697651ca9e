import type { Http } from './http.ts';
import { toJson } from './json-values.ts';
import { type EntityKeyInput, entityKeyToJson } from './predictions.ts';
import { type TimeInput, timeToJson } from './time-input.ts';
import { writeBatches, type WriteOptions, type Written } from './write.ts';

interface LabelFields {
  readonly eventId?: string | undefined;
  /** When the truth became known. @default now, by the gateway's clock */
  readonly eventTime?: TimeInput | undefined;
  /** The model, where the label is meant for one only. */
  readonly model?: string | undefined;
  /** What was observed, such as `arrived_late`. */
  readonly name: string;
  /** Null takes the label back. */
  readonly value: boolean | number | bigint | string | null;
}

/** The truth about one prediction, or about an entity at a time. The newest of one name wins. */
export type Label =
  | (LabelFields & { readonly predictionId: string })
  | (LabelFields & { readonly entityKey: EntityKeyInput; readonly labelTime: TimeInput });

/** Writes labels. */
export interface LabelWriter {
  /** Writes labels and answers once Kafka has them. @throws MillraceError as writing features does. */
  write(labels: readonly Label[], options?: WriteOptions): Promise<Written>;
}

const BATCH_ROWS = 1000;

/** A writer of labels. */
export function labelWriter(gateway: Http): LabelWriter {
  return {
    async write(labels, options = {}) {
      const { accepted, rejected, positions } = await writeBatches(
        gateway,
        '/v1/labels',
        labels.map(labelToJson),
        BATCH_ROWS,
        options,
      );
      return { accepted, rejected, positions };
    },
  };
}

function labelToJson(label: Label) {
  const { eventTime, value, ...rest } = label;
  return {
    ...rest,
    value: toJson(value),
    ...(eventTime === undefined ? {} : { eventTime: timeToJson(eventTime) }),
    ...('entityKey' in label
      ? { entityKey: entityKeyToJson(label.entityKey), labelTime: timeToJson(label.labelTime) }
      : {}),
  };
}
