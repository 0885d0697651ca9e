import type { Producer, ProducerBatch, RecordMetadata } from 'kafkajs';
import { isRefusal } from './kafka-errors.ts';
import { within } from './within.ts';

const LEAVE_MS = 5_000;

/** What is needed of a producer of kafkajs. */
export type OneProducer = Pick<Producer, 'connect' | 'sendBatch' | 'disconnect'>;

/** Sends requests to Kafka, one at a time. */
export interface Sender {
  /** @throws MillraceError LOG_UNAVAILABLE when no answer comes in time, and what kafkajs throws. */
  send(request: ProducerBatch): Promise<RecordMetadata[]>;
  stop(): Promise<void>;
}

/**
 * Sends with an idempotent producer, and takes another one after a request whose outcome is unknown.
 * kafkajs gives the sequence numbers of such a request to the next one. Had the broker taken the first after all, it
 * would take the next for a copy of it and acknowledge records that it never wrote, or refuse all that follow. A
 * producer of another id begins its sequences anew; what is written twice that way is one event by its id.
 */
export async function startSender(newProducer: () => OneProducer, patienceMs: number): Promise<Sender> {
  let producer: OneProducer | undefined = newProducer();
  await producer.connect();

  async function connected(): Promise<OneProducer> {
    if (producer !== undefined) return producer;
    const made = newProducer();
    try {
      await within(patienceMs, 'answer', made.connect());
    } catch (error) {
      abandon(made);
      throw error;
    }
    producer = made;
    return made;
  }

  return {
    async send(request) {
      const sending = await connected();
      try {
        return await within(patienceMs, 'take the records', sending.sendBatch(request));
      } catch (error) {
        if (!isRefusal(error)) {
          producer = undefined;
          abandon(sending);
        }
        throw error;
      }
    },
    async stop() {
      if (producer !== undefined) await disconnected(producer);
    },
  };
}

function abandon(producer: OneProducer): void {
  void disconnected(producer);
}

async function disconnected(producer: OneProducer): Promise<void> {
  await within(LEAVE_MS, 'answer', producer.disconnect()).catch(() => undefined);
}
