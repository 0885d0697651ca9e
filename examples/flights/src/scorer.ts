import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';

/** A model that is ready to answer. */
export interface Scorer {
  readonly version: string;
  /** The features that it wants, in order: `origin__departures` and so on. */
  readonly features: readonly string[];
  /** The probability of a late arrival for each vector; null stands for a missing feature. */
  score(vectors: readonly (readonly (number | null)[])[]): Promise<readonly number[]>;
}

/** What stands beside the ONNX file of a model version. */
export const modelCardSchema = z.looseObject({
  model: z.string(),
  version: z.string(),
  featureService: z.string(),
  features: z.array(z.string()).min(1),
  artifact: z.looseObject({ file: z.string(), sha256: z.string() }),
  metrics: z.record(z.string(), z.number()),
  snapshot: z.looseObject({ id: z.string(), contentHash: z.string() }),
});
export type ModelCard = z.infer<typeof modelCardSchema>;

/** The card of the first model version, which is in the repository. */
export const firstModelCard = new URL('../model/late_arrival-1.json', import.meta.url);

/** Reads the card of a model version. */
export async function readModelCard(file: URL): Promise<ModelCard> {
  return modelCardSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

/**
 * Loads a model version from the ONNX file that its card names.
 *
 * @param card beside its ONNX file.
 * @throws when the file is not the one that the card speaks of.
 */
export async function loadScorer(card: URL): Promise<Scorer> {
  const { version, features, artifact } = await readModelCard(card);
  const bytes = await readFile(new URL(artifact.file, card));
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== artifact.sha256)
    throw new Error(`${artifact.file} is not the file of version ${version}: ${hash}`);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return { version, features, score: (vectors) => run(session, features.length, vectors) };
}

async function run(
  session: InferenceSession,
  width: number,
  vectors: readonly (readonly (number | null)[])[],
) {
  if (vectors.length === 0) return [];
  const input = new Float32Array(vectors.length * width);
  vectors.forEach((vector, row) => {
    if (vector.length !== width)
      throw new RangeError(`${vector.length} features where the model wants ${width}`);
    vector.forEach((value, column) => (input[row * width + column] = value ?? Number.NaN));
  });
  const { probabilities } = await session.run({
    features: new Tensor('float32', input, [vectors.length, width]),
  });
  const classes = z.instanceof(Float32Array).parse(probabilities?.data);
  return vectors.map((_, row) => classes[row * 2 + 1] ?? Number.NaN);
}

/**
 * Gives every flight the same probability: what there is to score with before the first model was trained.
 *
 * @param share the share of late flights that is known from elsewhere.
 */
export function priorScorer(features: readonly string[], share = 0.25): Scorer {
  return { version: '0', features, score: async (vectors) => vectors.map(() => share) };
}
