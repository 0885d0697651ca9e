import { generationName } from './plan.ts';
import type { GenerationId } from './port.ts';
import type { NextOffsets } from './ready-to-go-live.ts';

/** What a store said last of what it holds, for when it does not answer. */
export class KnownOffsets {
  readonly #known = new Map<string, Map<number, bigint>>();

  /** Everything known of a generation; undefined when nothing is. */
  of(generation: GenerationId): NextOffsets | undefined {
    return this.#known.get(generationName(generation));
  }

  /** The store's own word replaces what was known: it may have lost writes. */
  replace(generation: GenerationId, nextOffsets: NextOffsets): void {
    this.#known.set(generationName(generation), new Map(nextOffsets));
  }

  /** The store's word on one partition. */
  set(generation: GenerationId, partition: number, nextOffset: bigint): void {
    const name = generationName(generation);
    const offsets = this.#known.get(name) ?? new Map<number, bigint>();
    this.#known.set(name, offsets.set(partition, nextOffset));
  }

  /** Nothing is known of a generation any more. */
  forget(generation: GenerationId): void {
    this.#known.delete(generationName(generation));
  }
}
