import type { EventLog } from '@millrace/event-log';
import {
  type Generation,
  type Generations,
  type NextOffsets,
  recordsLeft,
  targetOf,
} from '@millrace/processing';

/** How far the generation of one topic is. */
export interface TopicProgress {
  readonly topic: string;
  readonly generation: number;
  /** Records of the log, or up to the end that was asked for. */
  readonly total: number;
  readonly done: number;
}

/** Measures generations that are being built. */
export function measureProgress(
  {
    log,
    generations,
  }: { readonly log: Pick<EventLog, 'spans'>; readonly generations: Pick<Generations, 'applied'> },
  building: readonly Pick<Generation, 'topic' | 'number' | 'until'>[],
): Promise<readonly TopicProgress[]> {
  return Promise.all(
    building.map(async (generation): Promise<TopicProgress> => {
      const { topic, number } = generation;
      const applied = await generations.applied(generation);
      const spans = await log.spans(topic);
      const begin: NextOffsets = new Map(spans.map(({ partition, first }) => [partition, first]));
      const ends: NextOffsets = new Map(spans.map(({ partition, next }) => [partition, next]));
      const target = targetOf({ generation, endsAtFirst: ends, ends, live: new Map() });
      const total = recordsLeft(target, begin);
      const left = recordsLeft(target, new Map([...begin, ...applied]));
      return { topic, generation: number, total: Number(total), done: Number(total - left) };
    }),
  );
}
