import type { Generation } from '@millrace/processing';
import { z } from 'zod';
import { topics } from '../events/definitions.ts';
import { layout } from './keys.ts';
import type { SimulatedRedis } from './simulated-redis.ts';

/** What the store says of a generation. */
export interface StoredGeneration {
  readonly topic: string;
  readonly number: number;
  readonly state: Generation['state'];
  /** When it got into its state, in microseconds. */
  readonly since: bigint;
  readonly rebuild: string;
}

/** The generations that the store names, and the first one, live, of a topic of which it names none. */
export function storedGenerations(redis: SimulatedRedis): readonly StoredGeneration[] {
  const fields = [...redis.fields(layout.generations)];
  return topics.flatMap((topic): readonly StoredGeneration[] => {
    const named = fields.flatMap(([field, value]) => {
      const [name, number] = field.split('#');
      return name === topic && number !== undefined
        ? [{ topic, number: Number(number), ...partsOf(value.toString()) }]
        : [];
    });
    return named.length > 0 ? named : [{ topic, number: 1, state: 'live', since: 0n, rebuild: '' }];
  });
}

const stateSchema = z.enum(['building', 'live', 'retired']);

function partsOf(value: string): Pick<StoredGeneration, 'state' | 'since' | 'rebuild'> {
  const [state, since = '0', rebuild = ''] = value.split('|');
  return { state: stateSchema.parse(state), since: BigInt(since), rebuild };
}
