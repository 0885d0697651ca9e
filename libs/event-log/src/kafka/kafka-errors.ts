import kafkajs from 'kafkajs';
import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';

/** What no waiting mends: somebody has to change something. */
const LASTING: ReadonlySet<string> = new Set([
  'KafkaJSNotImplemented',
  'KafkaJSSASLAuthenticationError',
  'KafkaJSServerDoesNotSupportApiKey',
  'KafkaJSUnsupportedMagicByteInMessageSet',
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_VERSION',
]);

/** The broker has looked at the records and does not want them; what others send is not concerned. */
const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
const REFUSED: ReadonlySet<string> = new Set([
  ...TOO_LARGE,
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

const namedSchema = z.object({ name: z.string().optional(), type: z.string().optional() });

/**
 * Whether an error of kafkajs can pass by itself, as all do that come of a broker that is away: kafkajs itself gives
 * up on some of those, such as a group whose coordinator it does not find.
 */
export function passes(error: unknown): boolean {
  if (error instanceof MillraceError) return error.retry;
  return error instanceof kafkajs.KafkaJSError && !hasName(error, LASTING);
}

/** Whether the broker refused these records, rather than did not answer. */
export function isRefusal(error: unknown): boolean {
  return hasName(error, REFUSED);
}

/** What an append failed with, in our words. */
export function appendError(cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const said = describeError(cause);
  return hasName(cause, TOO_LARGE)
    ? new MillraceError('ROW_TOO_LARGE', `Kafka refuses a record of this size: ${said}`, { cause })
    : new MillraceError('LOG_UNAVAILABLE', `Kafka did not take the records: ${said}`, { cause });
}

/** What consuming could not begin for, in our words: LOG_UNAVAILABLE where it may succeed later. */
export function consumeError(cause: unknown): unknown {
  if (cause instanceof MillraceError || !passes(cause)) return cause;
  const said = describeError(cause);
  return new MillraceError('LOG_UNAVAILABLE', `Kafka did not let a consumer start: ${said}`, { cause });
}

/** kafkajs wraps errors in errors: any of them may carry the name. */
function hasName(error: unknown, names: ReadonlySet<string>): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { name = '', type = '' } = namedSchema.safeParse(one).data ?? {};
    if (names.has(name) || names.has(type)) return true;
  }
  return false;
}
