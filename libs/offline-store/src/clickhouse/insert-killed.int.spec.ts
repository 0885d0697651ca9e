import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compileAvro, namedEventId } from '@millrace/events';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { describeError } from '@millrace/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { compileTranscoder } from '../feature-table/transcoder.ts';
import { RowWriter } from '../row-binary/row-writer.ts';
import { openOfflineStore } from '../store.ts';
import { catalogOf } from '../testing/definitions.ts';
import { connectClickHouse } from './connect.ts';
import type { RowBlock } from './insert.ts';

const endpoint = fileURLToPath(
  new URL('../../../../deploy/embedded/clickhouse-endpoint/src/main.ts', import.meta.url),
);
const listening = z.object({ event: z.literal('listening'), port: z.number() });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-killed-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts a ClickHouse of this test alone, on the data that the one before left. */
async function startServer(): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const process = spawn(globalThis.process.execPath, [endpoint], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...globalThis.process.env,
      MILLRACE_CLICKHOUSE_DATA: join(folder, 'data'),
      MILLRACE_CLICKHOUSE_PORT: '0',
      MILLRACE_EXIT_WITH_PARENT: '1',
    },
  });
  for await (const line of createInterface({ input: process.stdout })) {
    if (!line.startsWith('{')) continue;
    return { url: `http://127.0.0.1:${listening.parse(JSON.parse(line)).port}`, process };
  }
  throw new Error('the endpoint ended');
}

async function connected(url: string) {
  const { value: client } = await connectClickHouse({
    clickhouseUrl: url,
    clickhouseUser: 'default',
    clickhousePassword: '',
    clickhouseDatabase: 'millrace',
    clickhouseRequestTimeoutMs: 30_000,
    clickhouseMaxConnections: 4,
  });
  return { client, store: await openOfflineStore(client, { cluster: '' }) };
}

const entity = defineEntity({ name: 'thing', keys: { id: 'int' }, owner: 'test' });
const { definition } = defineFeatureView({
  name: 'killed',
  entity,
  ttl: null,
  owner: 'test',
  features: { x: { type: 'int' } },
});
const view = catalogOf(entity, definition).view('killed');
const BLOCK = 30_000;

function block(number: number): RowBlock {
  const avro = compileAvro(JSON.parse(view.schema));
  const transcoder = compileTranscoder(view, view.schemaId, view.schema, 600_000_000n);
  const writer = new RowWriter();
  for (let n = number * BLOCK; n < (number + 1) * BLOCK; n += 1) {
    const envelope = {
      eventId: namedEventId('killed', String(n)),
      eventTime: BigInt(n),
      producer: { service: 'test', version: null, commit: null },
      traceparent: null,
    };
    const payload = avro.toBuffer({ envelope, key: { id: n % 100 }, values: { x: n } });
    const place = { epoch: 0, partition: 0, offset: BigInt(n), recordedAt: 1_700_000_000_000_000n };
    transcoder.write(writer, payload, place);
  }
  const token = `block ${number}`;
  return { table: 'features_killed_raw_g1', columns: transcoder.columns, ...writer.take(), token };
}

test('a block is there as a whole or not at all, wherever in its insert the server is killed, and once when it is sent again', async () => {
  let server = await startServer();
  let connection = await connected(server.url);
  await connection.store.ensureView(view, 1);
  for (const [number, delay] of [0, 30, 150].entries()) {
    const rows = block(number);
    const inserted = connection.store.insert(rows).catch((error: unknown) => describeError(error));
    await pause(delay);
    await kill(server.process);
    const acknowledged = (await inserted) === undefined;
    await connection.client.close();

    server = await startServer();
    connection = await connected(server.url);
    const { client, store } = connection;
    const answer = await client.query({
      query: `SELECT count()::UInt32 AS n FROM features_killed_raw_g1 WHERE offset >= ${number * BLOCK}`,
      format: 'JSONEachRow',
    });
    const [found] = z.array(z.object({ n: z.number() })).parse(await answer.json());
    expect(acknowledged ? [BLOCK] : [0, BLOCK]).toContain(found?.n);
    await store.insert(rows);
    const seen = await client.query({
      query: 'SELECT count()::UInt32 AS n, uniqExact(event_id)::UInt32 AS ids FROM features_killed',
      format: 'JSONEachRow',
    });
    expect(await seen.json()).toEqual([{ n: (number + 1) * BLOCK, ids: (number + 1) * BLOCK }]);
  }
  await connection.client.close();
  await kill(server.process);
}, 180_000);

async function kill(process: ChildProcess): Promise<void> {
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  await exited;
}
