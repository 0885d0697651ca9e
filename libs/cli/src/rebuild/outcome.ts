import type { Generation, GenerationId } from '@millrace/processing';

/**
 * What became of a generation that was asked for: `building`; `live`, now or at some time; `givenUp` by somebody;
 * `lost`, because the store has lost what it knew of it.
 */
export type Outcome = 'building' | 'live' | 'givenUp' | 'lost';

/** Tells from what the store says now. */
export function outcomeOf({ topic, number }: GenerationId, now: readonly Generation[]): Outcome {
  const ofTopic = now.filter((generation) => generation.topic === topic);
  const live = ofTopic.find(({ state }) => state === 'live')?.number ?? 1;
  if (live >= number) return 'live';
  const state = ofTopic.find((generation) => generation.number === number)?.state;
  if (state === 'building') return 'building';
  return state === 'retired' || ofTopic.length > 0 ? 'givenUp' : 'lost';
}
