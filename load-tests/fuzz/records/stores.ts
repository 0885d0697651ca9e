import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import type { StackAddresses } from '@millrace/embedded';
import { viewOfTopic } from '@millrace/events';
import { z } from 'zod';
import { placeOf } from './ledger.ts';

const tables: Readonly<Record<string, string>> = {
  predictions: 'predictions_raw',
  labels: 'labels_raw',
  definitions: 'definitions_raw',
  models: 'releases_raw',
  'drift-windows': 'drift_windows_raw',
  retraining: 'retraining_raw',
  'dead-letters': 'dead_letters_raw',
  verifications: 'verifications_raw',
};

/** The offline store's table of a topic. */
function tableOf(topic: string): string {
  const view = viewOfTopic(topic);
  const table = view === undefined ? tables[topic] : `features_${view}_raw`;
  if (table === undefined) throw new Error(`${topic} has no table`);
  return table;
}

/** A dead letter as an analyst sees it. */
export interface Letter {
  readonly code: string;
  readonly reason: string;
}

/** Dead letters by the service that wrote them, then by topic, then by place. */
export type Letters = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, Letter>>>;

const placeSchema = z.array(z.object({ partition: z.coerce.number(), offset: z.coerce.number() }));
const letterSchema = z.array(
  z.object({
    service: z.string(),
    topic: z.string(),
    partition: z.coerce.number(),
    offset: z.coerce.number(),
    code: z.string(),
    reason: z.string(),
  }),
);

/** What the offline store has. */
export interface OfflineView {
  /** The places of a topic that are rows. */
  rows(topic: string): Promise<ReadonlySet<string>>;
  letters(): Promise<Letters>;
  close(): Promise<void>;
}

/** Looks at the offline store as an analyst does. */
export function openOfflineView({ clickhouse }: StackAddresses): OfflineView {
  const { url, user: username, password, database } = clickhouse;
  const client = createClient({
    url,
    username,
    password,
    database,
    // A table that is not there yet is asked for again.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return {
    async rows(topic) {
      const rows = placeSchema.parse(
        await query(client, `SELECT DISTINCT \`partition\`, \`offset\` FROM ${tableOf(topic)}`),
      );
      return new Set(rows.map(({ partition, offset }) => placeOf(partition, offset)));
    },
    async letters() {
      const rows = letterSchema.parse(
        await query(
          client,
          `SELECT service, source_topic AS topic, source_partition AS \`partition\`, source_offset AS \`offset\`,
             any(code) AS code, any(substring(reason, 1, 300)) AS reason
           FROM dead_letters_raw WHERE service IN ('online-projector', 'offline-projector')
           GROUP BY service, topic, \`partition\`, \`offset\``,
        ),
      );
      const letters = new Map<string, Map<string, Map<string, Letter>>>();
      for (const { service, topic, partition, offset, code, reason } of rows) {
        const ofService = letters.get(service) ?? new Map<string, Map<string, Letter>>();
        letters.set(service, ofService);
        const ofTopic = ofService.get(topic) ?? new Map<string, Letter>();
        ofService.set(topic, ofTopic);
        ofTopic.set(placeOf(partition, offset), { code, reason });
      }
      return letters;
    },
    close: () => client.close(),
  };
}

async function query(client: ClickHouseClient, sql: string): Promise<unknown> {
  const answer = await client.query({ query: sql, format: 'JSONEachRow' });
  return answer.json();
}

const ENTITIES_AT_ONCE = 500;
const answerSchema = z.object({
  results: z.array(
    z.object({
      features: z.record(
        z.string(),
        z.object({
          status: z.string(),
          origin: z.object({ partition: z.number(), offset: z.number() }).optional(),
        }),
      ),
    }),
  ),
});

/** The places that online reads of entities of a view come from, in order; undefined where there is nothing. */
export async function readOnline(
  featureServer: string,
  view: string,
  entities: readonly object[],
): Promise<readonly (string | undefined)[]> {
  const places: (string | undefined)[] = [];
  for (let from = 0; from < entities.length; from += ENTITIES_AT_ONCE) {
    const response = await fetch(`${featureServer}/v1/online`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        features: [`${view}__value`],
        entities: entities.slice(from, from + ENTITIES_AT_ONCE),
        withOrigin: true,
      }),
    });
    if (!response.ok) throw new Error(`the online read failed: ${response.status} ${await response.text()}`);
    for (const { features } of answerSchema.parse(await response.json()).results) {
      const origin = features[`${view}__value`]?.origin;
      places.push(origin === undefined ? undefined : placeOf(origin.partition, origin.offset));
    }
  }
  return places;
}
