import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { startTogether } from '@millrace/kernel';
import { expect, test } from 'vitest';
import { openOfflineStore } from '../store.ts';
import { catalogOf } from '../testing/definitions.ts';
import { connectClickHouse } from './connect.ts';

/** What was asked of a server: the statement, and the settings beside it. */
interface Asked {
  readonly sql: string;
  readonly settings: URLSearchParams;
}

const retiredGeneration = [
  { topic: 'features.view', number: 2, mark: 'building', rebuild: 'r', until: null, since: '1' },
  { topic: 'features.view', number: 2, mark: 'live', rebuild: 'r', until: null, since: '2' },
];
const oldTables = [
  { name: 'predictions_raw', engine: 'ReplicatedReplacingMergeTree', as_select: '', comment: '' },
  { name: 'features_view_raw', engine: 'ReplicatedReplacingMergeTree', as_select: '', comment: '' },
  { name: 'features_view', engine: 'View', as_select: 'SELECT 1 FROM features_view_raw FINAL', comment: '' },
];

/** Takes every statement, and answers the few questions that decide what comes next. */
function answerTo(sql: string): readonly object[] {
  if (sql.includes('FROM system.clusters')) return [{ replicas: 3 }];
  if (sql.includes('FROM generations')) return retiredGeneration;
  if (sql.includes('as_select')) return oldTables;
  return [];
}

/** A store on a cluster that only writes down what it is asked. */
const recordedStore = () =>
  startTogether(async (starter) => {
    const asked: Asked[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { searchParams: settings } = new URL(request.url ?? '/', 'http://localhost');
        const sql = `${settings.get('query') ?? ''}${body}`;
        asked.push({ sql, settings });
        response.end(
          answerTo(sql)
            .map((row) => `${JSON.stringify(row)}\n`)
            .join(''),
        );
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    starter.onStop(() => new Promise((done) => void server.close(() => done())));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const config = {
      clickhouseUrl: `http://127.0.0.1:${port}`,
      clickhouseUser: 'default',
      clickhousePassword: '',
      clickhouseDatabase: 'millrace',
      clickhouseCluster: 'replicas',
      clickhouseRequestTimeoutMs: 5_000,
      clickhouseMaxConnections: 2,
    };
    const client = await starter.start(() => connectClickHouse(config));
    return { asked, store: await openOfflineStore(client, { cluster: 'replicas' }) };
  });

const entity = defineEntity({ name: 'thing', keys: { id: 'int' }, owner: 'test' });
const { definition } = defineFeatureView({
  name: 'view',
  entity,
  ttl: null,
  owner: 'test',
  features: { x: { type: 'int' } },
});

test('on a cluster every statement that changes tables names it, and tables and inserts are replicated', async () => {
  const { value, stop } = await recordedStore();
  const { asked, store } = value;
  const view = catalogOf(entity, definition).view('view');
  await store.ensureView(view, 1);
  await store.ensureView(view, 2);
  await store.ensureTopic('predictions', 1);
  await store.generations.list();
  await store.generations.goLive([{ topic: view.topic, number: 2 }]);
  await store.generations.drop({ topic: view.topic, number: 1 });
  await store.insert({ table: 't', columns: ['x'], rows: 1, body: [Buffer.from([1])], token: 'one' });
  await stop();

  const changes = asked.filter(({ sql }) => /^\s*(CREATE|ALTER|DROP|RENAME|EXCHANGE|TRUNCATE)/.test(sql));
  const kinds = new Set(changes.map(({ sql }) => sql.trim().split(/\s+/).slice(0, 2).join(' ')));
  expect([...kinds].sort()).toEqual([
    'ALTER TABLE',
    'CREATE DATABASE',
    'CREATE OR',
    'CREATE TABLE',
    'DROP TABLE',
    'RENAME TABLE',
  ]);
  expect(changes.filter(({ sql }) => !sql.includes('ON CLUSTER `replicas`'))).toEqual([]);
  const tables = changes.filter(({ sql }) => /^\s*CREATE TABLE/.test(sql));
  expect(tables.filter(({ sql }) => !/ENGINE = Replicated(Replacing)?MergeTree/.test(sql))).toEqual([]);
  expect(tables.filter(({ sql }) => sql.includes('non_replicated'))).toEqual([]);
  const asksFor = (name: string) => new Set(asked.slice(2).map(({ settings }) => settings.get(name)));
  expect(asksFor('insert_quorum')).toEqual(new Set(['3']));
  expect(asksFor('insert_quorum_parallel')).toEqual(new Set(['0']));
  expect(asksFor('select_sequential_consistency')).toEqual(new Set(['1']));
  expect(asksFor('alter_sync')).toEqual(new Set(['3']));
});
