import { liveMemory } from '../live-memory.ts';

/** What a process holds on to after a collection, when nothing is under way. */
export interface LiveReport {
  /** MiB when half of the records were consumed, and when all were. */
  readonly middle: number;
  readonly end: number;
}

/** Measures what processes hold on to at the middle and at the end of a run. */
export function watchLive(inspectors: Readonly<Record<string, string>>) {
  async function measure(): Promise<ReadonlyMap<string, number>> {
    const taken = Object.entries(inspectors).map(
      async ([name, inspector]) => [name, await liveMemory(inspector)] as const,
    );
    return new Map(await Promise.all(taken));
  }
  let middle: ReadonlyMap<string, number> | undefined;
  return {
    /** Whether the middle was measured. */
    halfWay: () => middle !== undefined,
    async middle(): Promise<void> {
      middle = await measure();
    },
    async end(): Promise<ReadonlyMap<string, LiveReport>> {
      const end = await measure();
      return new Map(
        [...end].map(([name, live]) => [name, { middle: middle?.get(name) ?? Number.NaN, end: live }]),
      );
    },
  };
}
