import { type EventId, namedEventId, newEventId, type Producer } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';

/** The headers by which a producer says who it is and which request this is. */
export const sourceHeadersSchema = z.object({
  'x-millrace-producer': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The app or service that sends the events.'),
  'x-millrace-producer-version': z.string().max(200).optional().describe('Its version.'),
  'x-millrace-producer-commit': z.string().max(200).optional().describe('The commit that it was built from.'),
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'Names the events by (producer, key, row), so that sending the request again has no further effect.',
    ),
  traceparent: z.string().optional().describe('W3C trace context; one that is malformed is left out.'),
});

/** Who sends the events of a request, and how those without an id of their own are named. */
export interface RequestSource {
  readonly producer: Producer;
  readonly traceparent: string | null;
  /** The id of the event in a row. */
  readonly eventId: (row: number) => EventId;
  /** Whether the request has an idempotency key. */
  readonly keyed: boolean;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Reads the headers of a request. @throws MillraceError REQUEST_INVALID naming the header. */
export function requestSource(headers: unknown, defaultProducer: string): RequestSource {
  const parsed = sourceHeadersSchema.safeParse(headers);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MillraceError('REQUEST_INVALID', `header ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const {
    'x-millrace-producer': service = defaultProducer,
    'x-millrace-producer-version': version = null,
    'x-millrace-producer-commit': commit = null,
    'idempotency-key': idempotencyKey,
    traceparent,
  } = parsed.data;
  return {
    producer: { service, version, commit },
    traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : null,
    keyed: idempotencyKey !== undefined,
    eventId:
      idempotencyKey === undefined ? newEventId : (row) => namedEventId(service, idempotencyKey, String(row)),
  };
}
