import { describe, expect, test } from 'vitest';
import { parseInstant } from '@millrace/kernel';
import { createMillrace } from './index.ts';
import {
  airport,
  departures,
  iso,
  late,
  micros,
  problem,
  useScriptedServer,
} from './testing/scripted-server.ts';

const server = useScriptedServer();

describe('the rest', () => {
  test('definitions go as they are written in code', async () => {
    server.answers = [
      {
        status: 200,
        body: {
          definitions: [{ kind: 'entity', name: 'airport', action: 'create', changes: [], problems: [] }],
        },
      },
    ];
    expect(await server.millrace.definitions.apply([airport, departures, late])).toMatchObject([
      { action: 'create' },
    ]);
    expect(server.asked[0]).toMatchObject({
      method: 'PUT',
      body: {
        definitions: [
          { kind: 'entity' },
          { kind: 'feature-view', entity: 'airport' },
          { kind: 'feature-service' },
        ],
      },
    });
  });

  test('snapshots are asked for by labels or by a spine', async () => {
    const snapshot = { status: 201, body: { id: 's', manifest: { rows: 1 } } };
    server.answers = [snapshot, problem(404, 'REQUEST_INVALID')];
    expect(
      await server.millrace.snapshots.create({
        service: late,
        labels: { model: 'm', name: 'late', from: micros, until: iso },
        knownAt: micros,
      }),
    ).toMatchObject({ id: 's' });
    expect(server.asked[0]?.body).toEqual({
      service: 'late',
      labels: { model: 'm', name: 'late', from: iso, until: iso },
      knownAt: iso,
    });
    await expect(
      server.millrace.snapshots.create({
        service: 'late',
        spine: '{"t": 1}',
        format: 'ndjson',
        timeColumn: 't',
        strict: true,
      }),
    ).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(server.asked[1]).toMatchObject({
      url: '/v1/snapshots?service=late&timeColumn=t&strict=true',
      headers: { 'content-type': 'application/x-ndjson' },
    });
  });

  test('windows need the address of a monitor', async () => {
    server.answers = [{ status: 200, body: { windows: [] } }];
    expect(await server.millrace.windows.list({ subject: 'departures', from: micros })).toEqual([]);
    expect(server.asked[0]?.url).toBe(`/v1/windows?subject=departures&from=${encodeURIComponent(iso)}`);
    await expect(createMillrace().windows.watermarks()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('a server that is not there is said to be so', async () => {
    const nobody = createMillrace({ registryUrl: 'http://127.0.0.1:1', attempts: 1 });
    await expect(nobody.definitions.list()).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retry: true,
    });
    expect(parseInstant(iso)).toEqual({ ok: true, value: micros });
  });
});
