import { compileAvro, eventSchemas, frame, namedEventId, type PredictionMade } from '@millrace/events';
import { encodeSource } from '@millrace/feature-registry/row';
import { describe, expect, test } from 'vitest';
import { SentRows } from './sent-rows.ts';

const type = compileAvro(eventSchemas.LabelObserved);
const producer = { service: 'ops-app', version: null, commit: null };

function label(row: number, more: { value?: string; eventTime?: bigint; traceparent?: string | null } = {}) {
  const { value = 'late', eventTime = 980_000_000_000_000n, traceparent = null } = more;
  const envelope: PredictionMade['envelope'] = {
    eventId: namedEventId('key', String(row)),
    eventTime,
    producer,
    traceparent,
  };
  const event = {
    envelope,
    predictionId: 'p',
    entityKey: null,
    labelTime: null,
    model: null,
    name: 'arrived',
    value: { string: value },
  };
  return {
    event: frame(7, type.toBuffer(event)),
    request: { sourceBytes: encodeSource(producer, traceparent).length, timed: false },
  };
}

function remembering(...labels: readonly ReturnType<typeof label>[]): SentRows {
  const sent = new SentRows(4);
  for (const { event, request } of labels) sent.remember(event, request);
  return sent;
}

const codeOf = (sent: SentRows, { event, request }: ReturnType<typeof label>) =>
  sent.check(event, request)?.code;

describe('rows that were sent', () => {
  test('may be sent again, with another trace and, where it was filled in, another time', () => {
    const sent = remembering(label(0));
    expect(codeOf(sent, label(0))).toBeUndefined();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(codeOf(sent, label(0, { traceparent, eventTime: 990_000_000_000_000n }))).toBeUndefined();
    expect(codeOf(sent, label(1, { value: 'other' }))).toBeUndefined();
  });

  test('are refused with other contents, and with another time where it is given', () => {
    const sent = remembering(label(0));
    expect(codeOf(sent, label(0, { value: 'other' }))).toBe('IDEMPOTENCY_KEY_REUSED');
    const { event, request } = label(0);
    const timed = { ...request, timed: true };
    sent.remember(event, timed);
    expect(sent.check(event, timed)).toBeUndefined();
    expect(sent.check(label(0, { eventTime: 990_000_000_000_000n }).event, timed)?.code).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
  });

  test('are the same row when their view has gained a feature', () => {
    const sent = remembering(label(0));
    const { event, request } = label(0);
    expect(sent.check(Buffer.concat([event, Buffer.from([0, 0])]), request)).toBeUndefined();
  });

  test('are forgotten, the oldest first', () => {
    const sent = remembering(...[0, 1, 2, 3, 4].map((row) => label(row)));
    expect(codeOf(sent, label(1, { value: 'other' }))).toBeUndefined();
    expect(codeOf(sent, label(2, { value: 'other' }))).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});
