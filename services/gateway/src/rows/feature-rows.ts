import {
  ByteWriter,
  compileRowEncoder,
  encodeSource,
  type RowEncoder,
  type RowRequest,
} from '@millrace/feature-registry/row';
import type { RegisteredView } from '@millrace/feature-registry';
import type { Micros } from '@millrace/kernel';
import type { CellEncoder } from '../body/arrow.ts';
import type { RequestSource } from '../request-source.ts';
import type { EncodeRow } from './outcome.ts';

/** The compiled encoders of views: a changed definition makes another registered view, and with it another encoder. */
export class FeatureEncoders {
  readonly #compiled = new WeakMap<RegisteredView, RowEncoder>();
  readonly #out = new ByteWriter();
  readonly #maxRowBytes: number;

  constructor(maxRowBytes: number) {
    this.#maxRowBytes = maxRowBytes;
  }

  of(view: RegisteredView): RowEncoder {
    const known = this.#compiled.get(view);
    if (known !== undefined) return known;
    const compiled = compileRowEncoder(view, { out: this.#out, maxRowBytes: this.#maxRowBytes });
    this.#compiled.set(view, compiled);
    return compiled;
  }
}

/** The rows of one request for a view's topic, from JSON and from Arrow. */
export function featureRows(
  { topic }: RegisteredView,
  encoder: RowEncoder,
  { producer, traceparent, eventId }: RequestSource,
  latest: Micros,
): { readonly encode: EncodeRow; readonly cells: CellEncoder } {
  const request: RowRequest = { source: encodeSource(producer, traceparent), latest, eventId };
  const toTopic = (outcome: ReturnType<RowEncoder['encode']>) =>
    outcome.ok
      ? { ok: true as const, value: { topic, key: outcome.value.key, value: outcome.value.value } }
      : outcome;
  return {
    encode: (row, index) => toTopic(encoder.encode(row, index, request)),
    cells: {
      columns: encoder.columns,
      encode: (cells, index) => toTopic(encoder.encodeCells(cells, index, request)),
    },
  };
}
