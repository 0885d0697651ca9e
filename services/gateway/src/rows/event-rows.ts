import { compileAvro, type Envelope, eventSchemas, frame, KeyCodec, parseEventId } from '@millrace/events';
import type { EventCodec } from '@millrace/event-log';
import { tooFarAhead } from '@millrace/feature-registry/row';
import { describeError, err, type Micros, ok, systemClock } from '@millrace/kernel';
import type { RequestSource } from '../request-source.ts';
import type { Outcome } from './outcome.ts';

/** What the rows of one request of lifecycle events have in common. */
export interface EventRequest {
  readonly source: RequestSource;
  readonly latest: Micros;
  readonly maxRowBytes: number;
}

/** The envelope of the event in a row. */
export function envelopeOf(
  row: { readonly eventId?: string | null | undefined; readonly eventTime?: Micros | null | undefined },
  index: number,
  { producer, traceparent, eventId }: RequestSource,
): Envelope {
  const own = row.eventId ? parseEventId(row.eventId) : undefined;
  return {
    eventId: own ?? eventId(index),
    eventTime: row.eventTime ?? systemClock.now(),
    producer,
    traceparent,
  };
}

/** Turns an event into a record of its topic. */
export type ToRecord<E> = (event: E, key: string, request: EventRequest) => Outcome;

const types = {
  PredictionMade: compileAvro(eventSchemas.PredictionMade),
  LabelObserved: compileAvro(eventSchemas.LabelObserved),
};
const keys = new KeyCodec({ id: 'string' });

/** Compiles the encoding of an event for a topic; asks the registry for the schema's id once. @throws MillraceError REGISTRY_UNAVAILABLE */
export async function eventRecords<E extends { readonly envelope: Envelope }>(
  topic: string,
  name: keyof typeof types,
  codec: EventCodec,
): Promise<ToRecord<E>> {
  const schemaId = await codec.schemaId(topic, name);
  const type = types[name];
  return (event, key, { latest, maxRowBytes }) => {
    const { eventTime } = event.envelope;
    if (eventTime > latest) {
      return err([
        { path: 'eventTime', code: 'EVENT_TOO_FAR_AHEAD', message: tooFarAhead(eventTime, latest) },
      ]);
    }
    try {
      const value = frame(schemaId, type.toBuffer(event));
      if (value.length > maxRowBytes) {
        return err([
          {
            path: '',
            code: 'ROW_TOO_LARGE',
            message: `the row takes ${value.length} bytes in the log; ${maxRowBytes} are allowed`,
          },
        ]);
      }
      return ok({ topic, key: keys.encode({ id: key }), value });
    } catch (error) {
      return err([{ path: '', code: 'VALUE_INVALID', message: describeError(error) }]);
    }
  };
}
