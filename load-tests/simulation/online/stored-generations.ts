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
}

/** The generations that the store names, and the first one, live, of a topic of which it names none. */
export function storedGenerations(redis: SimulatedRedis): readonly StoredGeneration[] {
  const fields = [...redis.fields(layout.generations)];
  return topics.flatMap((topic): readonly StoredGeneration[] => {
    const named = fields.flatMap(([field, value]) => {
      const [name, number] = field.split('#');
      return name === topic && number !== undefined
        ? [{ topic, number: Number(number), state: stateOf(value) }]
        : [];
    });
    return named.length > 0 ? named : [{ topic, number: 1, state: 'live' }];
  });
}

const stateSchema = z.enum(['building', 'live', 'retired']);

function stateOf(value: Buffer | string): Generation['state'] {
  return stateSchema.parse(value.toString().split('|')[0]);
}
