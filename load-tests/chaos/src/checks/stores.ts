import type { Source } from '../load/events.ts';

/** For each `topic/partition`, one past the last offset. */
export type Ends = ReadonlyMap<string, bigint>;

/** What a store shows of an event. */
export interface ShownEvent {
  /** Its number, where what is stored of it has one. */
  readonly n: number | undefined;
  readonly eventId: string;
}

/** The newest row of an entity, as the online store has it. */
export interface ShownWinner {
  readonly eventTime: number;
  readonly eventId: string;
}

/** The two stores as their readers see them. */
export interface Stores {
  /** How far the online store has the topics of views. */
  onlineEnds(): Promise<Ends>;
  /** How far the offline store has all topics of the load. */
  offlineEnds(): Promise<Ends>;
  /** Every event that the offline store shows of a source, as often as it shows it. */
  eventsOf(source: Source): AsyncIterable<readonly ShownEvent[]>;
  /** The online store's rows of all views, by the name of the view and the number of the entity. */
  winners(): Promise<ReadonlyMap<string, ReadonlyMap<number, ShownWinner>>>;
}
