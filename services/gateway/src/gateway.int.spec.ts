import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  answered,
  eventTime,
  path,
  post,
  refused,
  startTestGateway,
  useGateway,
} from './testing/gateway-fixture.ts';

const gateway = useGateway();
const at = (route: string) => gateway().url + route;

describe('refusals', () => {
  test('an unknown view, a body that is no JSON, another type, an encoding', async () => {
    expect(await refused(await post(at('/v1/features/no_such_view'), []), 404)).toMatchObject({
      code: 'DEFINITION_UNKNOWN',
    });
    expect(await refused(await post(at(path), '{'), 400)).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await refused(await post(at(path), '"text"'), 400)).toMatchObject({ code: 'REQUEST_INVALID' });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await refused(await post(at(path), 'a=b', form), 415)).toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
    });
    const gzip = { 'content-encoding': 'gzip' };
    expect(await refused(await post(at(path), '[]', gzip), 415)).toMatchObject({
      code: 'MEDIA_TYPE_UNSUPPORTED',
    });
  });

  test('a body or a row that is too large', async () => {
    const { value: url, stop } = await startTestGateway({
      MILLRACE_GATEWAY_MAX_BODY_BYTES: '4096',
      MILLRACE_GATEWAY_MAX_ROW_BYTES: '1024',
    });
    try {
      const large = JSON.stringify({ airport: 'x'.repeat(5000), eventTime });
      for (const type of ['application/json', 'application/x-ndjson']) {
        for (const body of [large, streamOf(large)]) {
          const problem = await refused(await post(url + path, body, { 'content-type': type }), 413);
          expect(problem).toMatchObject({ code: 'BODY_TOO_LARGE' });
        }
      }
      const answer = await answered(await post(url + path, { airport: 'x'.repeat(2000), eventTime }), 422);
      expect(answer.rejected).toMatchObject([{ code: 'ROW_TOO_LARGE' }]);
    } finally {
      await stop();
    }
  });

  test('a stream that grows too large tells what was accepted before', async () => {
    const { value: url, stop } = await startTestGateway({ MILLRACE_GATEWAY_MAX_STREAM_BYTES: '500000' });
    try {
      const lines = `${JSON.stringify({ airport: 'SFO', eventTime })}\n`.repeat(2000);
      const body = streamOf(...Array.from({ length: 20 }, () => lines));
      const problem = await refused(
        await post(url + path, body, { 'content-type': 'application/x-ndjson' }),
        413,
      );
      expect(problem).toMatchObject({
        code: 'BODY_TOO_LARGE',
        accepted: expect.any(Number),
        positions: expect.any(Object),
      });
      expect(problem['accepted']).toBeGreaterThan(0);
    } finally {
      await stop();
    }
  });

  test('429 with Retry-After when too much is under way, and then it goes on', async () => {
    const { value: url, stop } = await startTestGateway({ MILLRACE_GATEWAY_MAX_BYTES_IN_FLIGHT: '12000' });
    try {
      const body = JSON.stringify({ airport: 'SFO', eventTime });
      let finish: () => void = () => undefined;
      const slow = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(body.padEnd(2000)));
          finish = () => controller.close();
        },
      });
      const first = post(url + path, slow);
      const inFlight = async () => (await fetch(`${url}/metrics`)).text();
      // The body, and what any request takes up.
      await expect.poll(inFlight).toMatch(/bytes_in_flight\{[^}]*\} 10192/);
      const second = await post(url + path, body);
      expect(second.headers.get('retry-after')).toBe('1');
      expect(await refused(second, 429)).toMatchObject({ code: 'OVERLOADED' });
      finish();
      await answered(await first, 200);
      await answered(await post(url + path, body), 200);
      await expect.poll(inFlight).toMatch(/bytes_in_flight\{[^}]*\} 0/);
    } finally {
      await stop();
    }
  });

  test('a row that is too large for the broker is refused for good, not to be sent again', async () => {
    const { value: url, stop } = await startTestGateway({ MILLRACE_GATEWAY_MAX_ROW_BYTES: '5000000' });
    try {
      // The broker refuses what is over its message.max.bytes, 1 MiB by default.
      const response = await post(url + path, { airport: 'x'.repeat(2_000_000), eventTime });
      expect(response.headers.get('retry-after')).toBeNull();
      expect(await refused(response, 422)).toMatchObject({ code: 'ROW_TOO_LARGE' });
    } finally {
      await stop();
    }
  });
});

function streamOf(...pieces: readonly string[]): ReadableStream<Uint8Array> {
  const left = pieces.map((piece) => new TextEncoder().encode(piece));
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
}

describe('operations', () => {
  test('health, metrics and the OpenAPI document', async () => {
    await answered(await post(at(path), { airport: 'SFO', eventTime }), 200);
    const get = (route: string) => fetch(gateway().url + route);
    expect((await get('/health/live')).status).toBe(200);
    expect(await (await get('/health/ready')).json()).toEqual({ status: 'ready', problems: [] });
    expect(await (await get('/metrics')).text()).toMatch(/millrace_gateway_rows_accepted_total\{[^}]*\} \d/);
    expect((await get('/docs')).status).toBe(200);
    const document = z
      .object({ paths: z.record(z.string(), z.object({ post: z.looseObject({}) })) })
      .parse(await (await get('/openapi.json')).json());
    expect(Object.keys(document.paths).sort()).toEqual([
      '/v1/features/{view}',
      '/v1/labels',
      '/v1/predictions',
    ]);
    expect(document.paths['/v1/features/{view}']?.post).toMatchObject({
      requestBody: { content: { 'application/vnd.apache.arrow.stream': {}, 'application/x-ndjson': {} } },
      responses: { 207: {}, 429: {} },
    });
  });
});
