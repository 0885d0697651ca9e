import { MillraceError } from '@millrace/kernel';
import type { DeadLetters } from '@millrace/processing';
import type { Process } from '../core/process.ts';
import type { Scheduler } from '../core/scheduler.ts';
import { promised } from '../core/violation.ts';
import type { Letter, Producers } from './recorded.ts';

/** The dead letters that Kafka has, by the place of their record. */
export class LetterBox {
  readonly #places = new Set<string>();

  add(letter: Letter): void {
    this.#places.add(placeOf(letter));
  }

  has(letter: Letter): boolean {
    return this.#places.has(placeOf(letter));
  }

  get size(): number {
    return this.#places.size;
  }
}

function placeOf({ topic, partition, offset }: Letter): string {
  return `${topic}/${partition}@${offset}`;
}

/** Dead letters as one process writes them; a record that is none must not become one. */
export function simulatedDeadLetters(
  box: LetterBox,
  producers: Producers,
  scheduler: Scheduler,
  process: Process,
): DeadLetters {
  const isBroken = ({ topic, partition, offset }: Letter) =>
    producers.letters.some(
      (letter) => letter.topic === topic && letter.partition === partition && letter.offset === offset,
    );
  return {
    write: (letters) =>
      scheduler.call(process, {
        action: `dead letters ${letters.map(({ record }) => `${record.partition}@${record.offset}`).join(' ')}`,
        perform() {
          for (const { record, error } of letters) {
            promised(
              'only broken records are dead letters',
              isBroken(record),
              () => `${record.topic}/${record.partition}@${record.offset} became one: ${error.message}`,
            );
            box.add(record);
          }
        },
        failure: () => new MillraceError('LOG_UNAVAILABLE', 'the dead letters were not taken'),
      }),
  };
}
