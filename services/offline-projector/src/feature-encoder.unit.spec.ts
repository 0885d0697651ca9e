import { CONTRACT_MAX_AHEAD, rowRulesContract } from '@millrace/feature-registry/testing';
import { featureEncoder } from './feature-encoder.ts';

rowRulesContract('The offline projector', async (view, value, schemas) => {
  const registered = { ...view, schemas: new Map() };
  const encoder = featureEncoder(view.definition.name, {
    catalog: { view: () => registered },
    definitionsCaughtUp: () => Promise.resolve(),
    registry: { schemaById: (id) => Promise.resolve(schemas.get(id)) },
    ensureTable: () => Promise.resolve(),
    maxAhead: CONTRACT_MAX_AHEAD,
  });
  const { topic } = view;
  const records = [{ topic, partition: 0, offset: 0n, recordedAt: 0n, key: null, value }];
  const batch = {
    topic,
    partition: 0,
    records,
    bytes: 0,
    highWatermark: 1n,
    nextOffset: 1n,
    isCurrent: () => true,
  };
  const { letters } = await encoder.encode(batch, 0n);
  return letters[0]?.error.code;
});
