import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { MillraceError } from '@millrace/kernel';
import { appendError, consumeError, isRefusal, passes } from './kafka-errors.ts';

const protocolError = (type: string) =>
  new kafkajs.KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: false }));
const named = (name: string) => Object.assign(new kafkajs.KafkaJSNonRetriableError(name), { name });
const wrapped = (cause: Error) => Object.assign(new kafkajs.KafkaJSNonRetriableError(cause), { cause });

test.each([
  ['a coordinator that is not found', named('KafkaJSGroupCoordinatorNotFound')],
  ['a connection that is refused', new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')],
  ['no broker', wrapped(new kafkajs.KafkaJSConnectionError('no broker'))],
  ['a request without an answer', new kafkajs.KafkaJSRequestTimeoutError('timed out')],
  ['a coordinator that is loading', protocolError('GROUP_LOAD_IN_PROGRESS')],
  ['one of ours that may pass', new MillraceError('LOG_UNAVAILABLE', 'not now')],
])('%s passes', (_what, error) => {
  expect(passes(error)).toBe(true);
});

test.each([
  ['a compression that is not known', wrapped(named('KafkaJSNotImplemented'))],
  ['a sign-in that is refused', named('KafkaJSSASLAuthenticationError')],
  ['a topic that is not allowed', wrapped(protocolError('TOPIC_AUTHORIZATION_FAILED'))],
  ['a fault', new TypeError('a fault')],
  ['one of ours that does not pass', new MillraceError('LOG_TRUNCATED', 'cut')],
])('%s does not pass', (_what, error) => {
  expect(passes(error)).toBe(false);
});

test('a record that is too large is the fault of who sends it, and is not tried again', () => {
  const error = protocolError('MESSAGE_TOO_LARGE');
  expect(isRefusal(error)).toBe(true);
  expect(appendError(error)).toMatchObject({ code: 'ROW_TOO_LARGE', retry: false });
  expect(appendError(new kafkajs.KafkaJSConnectionError('gone'))).toMatchObject({
    code: 'LOG_UNAVAILABLE',
    retry: true,
  });
});

test('a consumer that cannot start while Kafka is away may start later, and one that is refused may not', () => {
  const away = wrapped(new kafkajs.KafkaJSConnectionError('Closed connection'));
  expect(consumeError(away)).toMatchObject({ code: 'LOG_UNAVAILABLE', retry: true, cause: away });
  const refused = named('KafkaJSSASLAuthenticationError');
  expect(consumeError(refused)).toBe(refused);
});
