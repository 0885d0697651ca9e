import type { ConsumeOptions, LogReader } from '@millrace/event-log';
import type { Running } from '@millrace/kernel';
import { generationName } from './plan.ts';
import type { GenerationId } from './port.ts';

/** What running consumers needs. */
export interface ConsumersOptions {
  readonly log: Pick<LogReader, 'consume'>;
  consumeOptions(generation: GenerationId): ConsumeOptions;
  /** Told why a consumer did not start. */
  notStarted(error: unknown): void;
  /** Told when nothing is consumed into a generation any more. */
  released(generation: GenerationId): void;
}

interface Entry {
  readonly generation: GenerationId;
  readonly started: Promise<Running<void>>;
  stopped?: Promise<void>;
}

/** The consumers of this process, one for each topic and generation. */
export class GenerationConsumers {
  readonly #options: ConsumersOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ConsumersOptions) {
    this.#options = options;
  }

  /** Whether a generation is being consumed, or its consumer is not stopped yet. */
  has(generation: GenerationId): boolean {
    return this.#entries.has(generationName(generation));
  }

  /** The generations that are being consumed. */
  generations(): readonly GenerationId[] {
    return [...this.#entries.values()].map(({ generation }) => generation);
  }

  /**
   * Starts the consumers that are missing, without waiting: after a member was killed, Kafka lets nobody in until it
   * misses that one. A consumer that does not start is tried again at the next call.
   */
  start(wanted: readonly GenerationId[]): void {
    for (const generation of wanted) {
      if (this.has(generation)) continue;
      const name = generationName(generation);
      const started = this.#options.log.consume(this.#options.consumeOptions(generation));
      this.#entries.set(name, { generation, started });
      started.catch((error: unknown) => {
        if (this.#entries.get(name)?.started === started) this.#entries.delete(name);
        this.#options.notStarted(error);
      });
    }
  }

  /** Stops the consumers of all other generations. One that is stopping already is waited for too. */
  async stopOthers(wanted: readonly GenerationId[]): Promise<void> {
    const kept = new Set(wanted.map(generationName));
    const others = [...this.#entries].filter(([name]) => !kept.has(name));
    await settleAll(others.map(([name, entry]) => (entry.stopped ??= this.#stop(name, entry))));
  }

  async #stop(name: string, { generation, started }: Entry): Promise<void> {
    const running = await started.catch(() => undefined);
    try {
      await running?.stop();
    } finally {
      this.#entries.delete(name);
      this.#options.released(generation);
    }
  }
}

/** Waits for all, and then throws the first error. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
