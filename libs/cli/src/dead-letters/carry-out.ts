import { connectSchemaRegistry, EventCodec } from '@millrace/event-log';
import { type Running, startTogether, systemClock } from '@millrace/kernel';
import {
  type DeadLetterDesk,
  type DeadLetterOrder,
  type DeadLetterOutcome,
  openDeadLetterDesk,
} from '@millrace/processing';
import { kafkaOf, type StoresConfig } from '../io/stores.ts';
import type { FoundDeadLetter } from './read-dead-letters.ts';

const CHUNK_LETTERS = 1000;
const CHUNK_BYTES = 16 * 1024 * 1024;

/** A desk with its connection to Kafka. */
export function openDesk(
  letters: readonly FoundDeadLetter[],
  config: StoresConfig,
): Promise<Running<DeadLetterDesk>> {
  return startTogether(async (starter) => {
    const log = await starter.start(() => kafkaOf(config));
    const codec = new EventCodec(connectSchemaRegistry(config));
    return starter.start(() =>
      openDeadLetterDesk({ log, codec, clock: systemClock, letters, service: 'millrace-cli' }),
    );
  });
}

/** Gives a command to dead letters, some at a time, in the order in which they were written. */
export async function carryOut(
  what: 'replay' | 'discard',
  letters: readonly FoundDeadLetter[],
  order: DeadLetterOrder,
  config: StoresConfig,
  onOutcomes: (outcomes: readonly DeadLetterOutcome[]) => void,
): Promise<void> {
  if (letters.length === 0) return;
  const desk = await openDesk(letters, config);
  try {
    for (const chunk of chunksOf(letters)) onOutcomes(await desk.value[what](chunk, order));
  } finally {
    await desk.stop();
  }
}

function* chunksOf(letters: readonly FoundDeadLetter[]): Generator<readonly FoundDeadLetter[]> {
  let chunk: FoundDeadLetter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    if (chunk.length === CHUNK_LETTERS || (chunk.length > 0 && bytes + letter.bytes > CHUNK_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(letter);
    bytes += letter.bytes;
  }
  if (chunk.length > 0) yield chunk;
}
