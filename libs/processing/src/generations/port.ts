import type { Micros } from '@millrace/kernel';

/**
 * One build of what a store holds of a topic. A rebuild fills a new generation from the log beside the one that is
 * read, and then readers change over to it at once.
 */
export interface Generation {
  readonly topic: string;
  /** 1, 2, 3 …, never given twice. A topic of which the store says nothing has generation 1, live. */
  readonly number: number;
  /** `building`: being filled; `live`: the one that is read; `retired`: was live, and is dropped after a while. */
  readonly state: 'building' | 'live' | 'retired';
  /** The rebuild that it belongs to; all generations of one go live together. Empty for generation 1. */
  readonly rebuild: string;
  /** For each partition, the last offset that it has to hold before it goes live; null: what the log has. */
  readonly until: Readonly<Record<string, bigint>> | null;
  /** When it got into this state. */
  readonly since: Micros;
}

/** Names one generation. */
export type GenerationId = Pick<Generation, 'topic' | 'number'>;

/**
 * The generations of a store, kept in the store itself, so that any instance of its projector goes on with a rebuild
 * that another began. All changes may be made twice, and by two at once, without harm.
 *
 * Every method throws MillraceError STORE_UNAVAILABLE where trying again can succeed.
 */
export interface Generations {
  /** Every generation that is not dropped, of the topics that were ever rebuilt. */
  list(): Promise<readonly Generation[]>;
  /**
   * Asks for a rebuild of topics: each gets a generation above all that it had. Topics that are being rebuilt
   * already keep the generation that is being built: asking again resumes.
   *
   * @returns the generations that are being built of these topics.
   */
  request(
    topics: readonly { readonly topic: string; readonly until: Generation['until'] }[],
  ): Promise<readonly Generation[]>;
  /** Makes generations live in one atomic step; those that were live retire. Nothing happens to one that is not being built. */
  goLive(generations: readonly GenerationId[]): Promise<void>;
  /**
   * Gives generations up that are being built: they retire without having been live, in one atomic step. Nothing
   * happens to others.
   */
  giveUp(generations: readonly GenerationId[]): Promise<void>;
  /** Deletes what a generation holds, and then forgets it: one that is retired. */
  drop(generation: GenerationId): Promise<void>;
  /** For each partition, the offset before which the generation holds every record; partitions with nothing may be left out. */
  applied(generation: GenerationId): Promise<ReadonlyMap<number, bigint>>;
}
