import type { Millrace } from '@millrace/client';
import { airport, airportDepartures, lateArrival, MODEL, route, routeDepartures } from '../definitions.ts';
import { firstModelCard, readModelCard } from '../scorer.ts';

/** What the flights need to be defined. */
export const definitions = [airport, route, airportDepartures, routeDepartures, lateArrival];

/** Registers the model version that is in the repository, and puts it behind the alias `champion`. */
export async function releaseFirstModel({ models }: Millrace): Promise<void> {
  const card = await readModelCard(firstModelCard);
  await models.register(MODEL, {
    version: card.version,
    featureService: lateArrival,
    artifactUri: new URL(card.artifact.file, firstModelCard).href,
    artifactHash: card.artifact.sha256,
    snapshotId: card.snapshot.id,
    snapshotHash: card.snapshot.contentHash,
    metrics: card.metrics,
  });
  await models.release(MODEL, { version: card.version, reason: 'the first model of the flights example' });
}
