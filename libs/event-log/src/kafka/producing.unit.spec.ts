import kafkajs, { type ProducerBatch, type RecordMetadata } from 'kafkajs';
import { expect, test } from 'vitest';
import { type OneProducer, startSender } from './producing.ts';

const PATIENCE_MS = 30;
const request = { topicMessages: [] };
const never = new Promise<never>(() => undefined);

/** Producers whose answers are scripted, one list for each; `made` tells what became of them. */
function given(...scripts: readonly (readonly (() => Promise<RecordMetadata[]>)[])[]) {
  const made: { readonly sent: ProducerBatch[]; disconnected: boolean }[] = [];
  const newProducer = (): OneProducer => {
    const script = scripts[made.length] ?? [];
    const told = { sent: new Array<ProducerBatch>(), disconnected: false };
    made.push(told);
    return {
      connect: () => Promise.resolve(),
      disconnect: () => {
        told.disconnected = true;
        return Promise.resolve();
      },
      sendBatch: (batch) => {
        const answer = script[told.sent.length] ?? (() => Promise.resolve([]));
        told.sent.push(batch);
        return answer();
      },
    };
  };
  return { made, sender: startSender(newProducer, PATIENCE_MS) };
}

test.each([
  ['no answer came', () => never],
  ['the connection broke', () => Promise.reject(new kafkajs.KafkaJSConnectionError('gone'))],
  ['kafkajs gave up', () => Promise.reject(new kafkajs.KafkaJSNonRetriableError('gave up'))],
])('after %s the sequence numbers are begun anew, by another producer', async (_why, answer) => {
  const { made, sender } = given([answer]);
  const { send } = await sender;
  await expect(send(request)).rejects.toThrow(/in time|gone|gave up/);
  await send(request);
  expect(made.map(({ sent, disconnected }) => ({ sent: sent.length, disconnected }))).toEqual([
    { sent: 1, disconnected: true },
    { sent: 1, disconnected: false },
  ]);
});

test('goes on with its producer after an answer, also after one that refuses the records', async () => {
  const said = { type: 'MESSAGE_TOO_LARGE', code: 10, retriable: false };
  const tooLarge = new kafkajs.KafkaJSProtocolError(Object.assign(new Error('too large'), said));
  const { made, sender } = given([() => Promise.resolve([]), () => Promise.reject(tooLarge)]);
  const { send } = await sender;
  await send(request);
  await expect(send(request)).rejects.toThrow('too large');
  await send(request);
  expect(made).toHaveLength(1);
});

test('waits for no answer longer than it is to', async () => {
  const { sender } = given([() => never]);
  const { send } = await sender;
  await expect(send(request)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', retry: true });
});
