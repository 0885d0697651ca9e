import { z } from 'zod';

/** Which seeds a worker runs. */
export const taskSchema = z.object({
  first: z.number(),
  /** From how many on it is over. */
  count: z.number(),
  /** Every so many one is this worker's. */
  stride: z.number(),
  worlds: z.array(z.string()),
});

/** What a worker tells after some seeds. */
export const reportSchema = z.object({
  seeds: z.number(),
  broken: z.array(
    z.object({ seed: z.number(), world: z.string(), promise: z.string(), message: z.string() }),
  ),
});

/** What a worker told. */
export type Report = z.output<typeof reportSchema>;
