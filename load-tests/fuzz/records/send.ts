import kafkajs, { type Producer } from 'kafkajs';
import type { Running } from '@millrace/kernel';
import type { Ledger } from './ledger.ts';
import type { PlannedRecord } from './plan.ts';

const MOST_BYTES = 700_000;

/** Appends records as a producer would that knows nothing of Millrace. */
export interface Sender {
  send(records: readonly PlannedRecord[]): Promise<void>;
}

/** Connects a plain producer; where each record comes to stand is written into the ledger. */
export async function connectSender(brokers: readonly string[], ledger: Ledger): Promise<Running<Sender>> {
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'fuzz',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    value: {
      async send(records) {
        const lanes = Map.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`);
        for (const lane of lanes.values()) {
          for (const batch of batchesOf(lane)) await sendBatch(producer, batch, ledger);
        }
      },
    },
    stop: () => producer.disconnect(),
  };
}

function* batchesOf(lane: readonly PlannedRecord[]): Generator<readonly PlannedRecord[]> {
  let batch: PlannedRecord[] = [];
  let bytes = 0;
  for (const record of lane) {
    const size = (record.value?.length ?? 0) + (record.key?.length ?? 0) + 100;
    if (batch.length > 0 && bytes + size > MOST_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function sendBatch(producer: Producer, batch: readonly PlannedRecord[], ledger: Ledger): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  const { topic, partition } = first;
  const messages = batch.map(({ key, value }) => ({ key, value, partition }));
  const [answer] = await producer.send({ topic, messages, acks: -1 });
  if (answer?.baseOffset === undefined) throw new Error(`Kafka took no records of ${topic}`);
  const base = Number(answer.baseOffset);
  batch.forEach((record, index) => ledger.add(topic, partition, base + index, record));
}
