import { CONTRACT_MAX_AHEAD, rowRulesContract } from '@millrace/feature-registry/testing';
import { ViewRows } from './view-rows.ts';

rowRulesContract('The online projector', async (view, value, schemas) => {
  const registry = { schemaById: (id: number) => Promise.resolve(schemas.get(id)) };
  const rows = new ViewRows({ ...view, schemas: new Map() }, registry, CONTRACT_MAX_AHEAD);
  const record = { topic: view.topic, partition: 0, offset: 0n, recordedAt: 0n, key: null, value };
  await rows.prepare([record]);
  const decoded = rows.decode(record);
  return decoded.ok ? undefined : decoded.error.code;
});
