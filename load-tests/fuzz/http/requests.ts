import type { Random } from '../random.ts';
import { oddBodies, type RequestBody } from './bodies.ts';
import { jsonValue, type Making } from './json-values.ts';
import type { Operation } from './open-api.ts';

/** A request that is ready to be sent. */
export interface FuzzRequest extends RequestBody {
  readonly operation: Operation;
  readonly method: string;
  readonly target: string;
}

/** Values that mean something to the services, so that requests get behind the first check. */
const known: Making['known'] = {
  view: ['fuzz_readings', 'fuzz_layouts'],
  entity: ['fuzz_sensor'],
  kind: ['entity', 'feature-view', 'feature-service'],
  name: ['fuzz_readings', 'fuzz_http_a', 'fuzz_http_b'],
  owner: ['fuzz'],
  model: ['fuzz_model', 'fuzz_other'],
  version: ['1', '2'],
  fromVersion: ['1', '2'],
  featureService: ['fuzz_service'],
  service: ['fuzz_service'],
  features: [['fuzz_readings__value', 'fuzz_readings__count']],
  entities: [[{ sensor: 1 }], [{ sensor: 1 }, { sensor: '2' }, { sensor: null }]],
  eventTime: ['2001-01-31T13:45:00Z', '2001-01-31T13:45:00.000001+01:00'],
  from: ['2001-01-01T00:00:00Z'],
  until: ['2001-02-01T00:00:00Z'],
  knownAt: ['2020-01-01T00:00:00Z', '2001-01-31T13:45:00'],
  sensor: [1, '9007199254740993'],
  artifactHash: ['a'.repeat(64)],
  timeColumn: ['event_time', 'eventTime'],
  format: ['arrow', 'parquet', 'csv', 'ndjson'],
};

const oddSegments = [
  '%00',
  '..%2f..%2fetc',
  '%',
  '%ff',
  'x'.repeat(90),
  'x'.repeat(5_000),
  '%F0%9F%98%80',
  '%20',
  '__proto__',
  '*',
] as const;
const oddHeaders = [
  ['idempotency-key', 'k'.repeat(255)],
  ['idempotency-key', 'k'.repeat(300)],
  ['idempotency-key', ''],
  ['x-millrace-producer', 'ü\u00ff'],
  ['x-millrace-producer', 'p'.repeat(7_000)],
  ['traceparent', '00-zz'],
  ['accept', 'text/html, */*;q=0.1'],
  ['accept-encoding', 'gzip, br'],
  ['range', 'bytes=0-'],
  ['expect', '100-continue'],
  ['x-http-method-override', 'DELETE'],
] as const;
const oddMethods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'] as const;

/** Makes a request of an operation: right, nearly right, or garbage. */
export function makeRequest(operation: Operation, random: Random): FuzzRequest {
  const wrong = random.pick([0, 0, 0.05, 0.3]);
  const making: Making = { random, named: operation.named, wrong, known };
  const method = random.chance(0.03) ? random.pick(oddMethods) : operation.method;
  const target = `${pathOf(operation, making)}${queryOf(operation, making)}`;
  const { bytes, headers } = bodyOf(operation, making);
  const odd = random.chance(0.15) ? Object.fromEntries([random.pick(oddHeaders)]) : {};
  return { operation, method, target, bytes, headers: { ...headers, ...odd } };
}

function pathOf({ path, parameters }: Operation, making: Making): string {
  const { random } = making;
  return path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    if (random.chance(0.08)) return random.pick(oddSegments);
    const schema = parameters.find((one) => one.in === 'path' && one.name === name)?.schema ?? {
      type: 'string',
    };
    return encodeURIComponent(textOf(jsonValue(schema, making, name)));
  });
}

function queryOf({ parameters }: Operation, making: Making): string {
  const { random, wrong } = making;
  const pairs = parameters
    .filter((one) => one.in === 'query' && !random.chance(0.4))
    .flatMap(({ name, schema }) => {
      const pair = `${name}=${encodeURIComponent(textOf(jsonValue(schema, making, name)))}`;
      return random.chance(0.05) ? [pair, pair] : [pair];
    });
  if (random.chance(wrong)) pairs.push(random.pick(['%', 'a[b]=c', '__proto__=1', '=', '&&', 'x=%ff']));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function bodyOf({ requestBody, method }: Operation, making: Making): RequestBody {
  const { random } = making;
  if (requestBody === undefined && !random.chance(0.1)) return { bytes: Buffer.alloc(0), headers: {} };
  const types = Object.entries(requestBody?.content ?? {});
  const [type, media] = types[random.int(0, types.length - 1)] ?? ['application/json', { schema: {} }];
  const good = JSON.stringify(jsonValue(media.schema, making)) ?? 'null';
  if (method === 'GET' || random.chance(0.35)) return random.pick(oddBodies)(good, random);
  return { bytes: Buffer.from(good), headers: { 'content-type': type } };
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.isWellFormed() ? text.slice(0, 4_000) : '\ufffd';
}
