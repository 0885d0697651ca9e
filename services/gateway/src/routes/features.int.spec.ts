import {
  Float64,
  Int32,
  Int64,
  makeVector,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { namedEventId } from '@millrace/events';
import { defineFeatureView } from '@millrace/feature-registry';
import { registerDefinitions, testStack, uniqueName } from '@millrace/testing';
import {
  airport,
  answered,
  eventMicros,
  eventTime,
  path,
  post,
  refused,
  rowAt,
  topic,
  useGateway,
} from '../testing/gateway-fixture.ts';

const gateway = useGateway();
const at = (route: string) => gateway().url + route;

describe('features', () => {
  test('a row is in Kafka when the answer comes, where the answer says, as the schema says', async () => {
    const response = await post(
      at(path),
      { airport: 'SFO', eventTime, mean_delay: 7.5, departures: 3, total: '9007199254740993' },
      { 'x-millrace-producer': 'ops-app', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    );
    const answer = await answered(response, 200);
    expect(answer).toMatchObject({ accepted: 1, rejectedRows: 0, rejected: [] });
    const row = await rowAt(gateway(), answer);
    expect(row).toMatchObject({
      key: { airport: 'SFO' },
      values: { mean_delay: 7.5, departures: 3, total: 9007199254740993n, seen_at: null },
      envelope: {
        eventTime: eventMicros,
        producer: { service: 'ops-app', version: null, commit: null },
        traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      },
    });
    expect(row.recordKey).toEqual(Buffer.from('\u0006SFO'));
  });

  test('bad rows are named with every rule that they break; the others are accepted', async () => {
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    const response = await post(at(path), {
      rows: [
        { airport: 'SFO', eventTime, mean_delay: 1 },
        { airport: 'SFO', eventTime: '2001-01-31T13:45:00', mean_dealy: 1, departures: 2.5 },
        { airport: null, eventTime: ahead },
        17,
      ],
    });
    const answer = await answered(response, 207);
    expect(answer).toMatchObject({ accepted: 1, rejectedRows: 3 });
    expect(answer.rejected.map(({ index, path: field, code }) => `${index} ${field} ${code}`)).toEqual([
      '1 mean_dealy FIELD_UNKNOWN',
      '1 eventTime TIME_INVALID',
      '1 departures VALUE_INVALID',
      '2 eventTime EVENT_TOO_FAR_AHEAD',
      '2 airport KEY_INVALID',
      '3  REQUEST_INVALID',
    ]);
    expect(answer.rejected[0]?.message).toContain('did you mean mean_delay?');
  });

  test('422 when no row is accepted; atomic refuses the good ones too', async () => {
    const rows = [{ airport: 'SFO', eventTime, mean_delay: 1 }, { eventTime }];
    await answered(await post(at(path), [{ eventTime }]), 422);
    for (const response of [
      await post(at(`${path}?atomic=true`), rows),
      await post(at(path), { rows, atomic: true }),
    ]) {
      expect(await answered(response, 422)).toMatchObject({ accepted: 0, rejectedRows: 1, positions: {} });
    }
    expect(await answered(await post(at(`${path}?atomic=true`), rows.slice(0, 1)), 200)).toMatchObject({
      accepted: 1,
    });
  });

  test('an idempotency key names the events, the same on every instance', async () => {
    const headers = { 'idempotency-key': uniqueName('key'), 'x-millrace-producer': 'ops-app' };
    const rows = [{ airport: 'OAK', eventTime }];
    const ids = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      ids.push(
        (await rowAt(gateway(), await answered(await post(at(path), rows, headers), 200))).envelope.eventId,
      );
    }
    const expected = namedEventId('ops-app', headers['idempotency-key'], '0');
    expect(ids).toEqual([expected, expected]);
  });

  test('NDJSON is read line by line, also where a letter stands across two pieces', async () => {
    const lines = [
      JSON.stringify({ airport: 'Zürich', eventTime, departures: 1 }),
      '',
      '{"airport": "SFO", ',
      JSON.stringify({ airport: 'Genève', eventTime, departures: 2 }),
    ].join('\n');
    const bytes = new TextEncoder().encode(lines);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const response = await post(at(path), body, { 'content-type': 'application/x-ndjson' });
    const answer = await answered(response, 207);
    expect(answer).toMatchObject({ accepted: 2, rejectedRows: 1 });
    expect(answer.rejected).toMatchObject([{ index: 1, code: 'REQUEST_INVALID' }]);
  });

  test('thousands of NDJSON rows are all there', async () => {
    const before = await span();
    const rows = Array.from({ length: 12_345 }, (_, index) =>
      JSON.stringify({ airport: `A${index}`, eventTime, departures: index }),
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    expect(await answered(await post(at(path), rows.join('\n'), headers), 200)).toMatchObject({
      accepted: 12_345,
    });
    expect((await span()) - before).toBe(12_345n);
  });

  test('an Arrow stream is read to the microsecond', async () => {
    const table = arrowTable();
    const headers = { 'content-type': 'application/vnd.apache.arrow.stream' };
    const answer = await answered(await post(at(path), tableToIPC(table, 'stream'), headers), 207);
    expect(answer.accepted).toBe(1);
    expect(answer.rejected).toMatchObject([{ index: 1, path: 'airport', code: 'KEY_INVALID' }]);
    expect(await rowAt(gateway(), answer)).toMatchObject({
      key: { airport: 'SFO' },
      envelope: { eventTime: eventMicros },
      values: { mean_delay: 1.5, departures: 4, total: 5n, seen_at: null },
    });
  });

  test('what another engine writes as Arrow is read; compressed, the answer says what to set', async () => {
    const { clickhouse } = testStack();
    const query = (compression: string) =>
      fetch(clickhouse.url, {
        method: 'POST',
        headers: { 'X-ClickHouse-User': clickhouse.user, 'X-ClickHouse-Key': clickhouse.password },
        body: `SELECT concat('A', toString(number)) AS airport, toDateTime64('2001-01-31 13:45:00.000001', 6, 'UTC') AS eventTime,
          number / 2 AS mean_delay, if(number % 2 = 0, NULL, toInt32(number)) AS departures
          FROM numbers(1000) SETTINGS output_format_arrow_compression_method = '${compression}',
          output_format_arrow_string_as_string = 1 FORMAT ArrowStream`,
      });
    const headers = { 'content-type': 'application/vnd.apache.arrow.stream' };
    const plain = new Uint8Array(await (await query('none')).arrayBuffer());
    expect(await answered(await post(at(path), plain, headers), 200)).toMatchObject({ accepted: 1000 });
    const compressed = new Uint8Array(await (await query('lz4_frame')).arrayBuffer());
    const problem = await refused(await post(at(path), compressed, headers), 415);
    expect(problem).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' });
    expect(problem.detail).toContain('compression=None');
  });

  test('an Arrow column that the view does not have is named', async () => {
    const headers = { 'content-type': 'application/vnd.apache.arrow.stream' };
    const table = new Table({ nonsense: vectorFromArray([1], new Int32()) });
    expect(await refused(await post(at(path), tableToIPC(table, 'stream'), headers), 422)).toMatchObject({
      code: 'FIELD_UNKNOWN',
    });
    expect(await refused(await post(at(path), 'not arrow', headers), 400)).toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  test('a view that was registered a moment ago is found', async () => {
    const { log, registry, codec } = gateway();
    const fresh = defineFeatureView({
      name: uniqueName('fresh'),
      entity: airport,
      ttl: null,
      owner: 'tests',
      features: { delay: { type: 'int' } },
    });
    await registerDefinitions(log, registry, codec, [airport, fresh.definition]);
    await answered(
      await post(at(`/v1/features/${fresh.definition.name}`), { airport: 'SFO', eventTime, delay: 1 }),
      200,
    );
  });
});

async function span(): Promise<bigint> {
  const spans = await gateway().log.spans(topic);
  return spans.reduce((sum, { first, next }) => sum + next - first, 0n);
}

function arrowTable(): Table {
  const times = BigInt64Array.of(eventMicros, eventMicros);
  return new Table({
    airport: vectorFromArray(['SFO', null], new Utf8()),
    eventTime: makeVector({ type: new TimestampMicrosecond('UTC'), data: times }),
    mean_delay: vectorFromArray([1.5, Number.NaN], new Float64()),
    departures: vectorFromArray([4n, 4n], new Int64()),
    total: vectorFromArray([5n, 5n], new Int64()),
  });
}
