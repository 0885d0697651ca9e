import { expect, test } from 'vitest';
import { stackFromEnvironment } from './given-stack.ts';

const given = {
  MILLRACE_TEST_KAFKA_BROKERS: 'a:1,b:2',
  MILLRACE_TEST_SCHEMA_REGISTRY_URL: 'http://c:3/apis/ccompat/v7',
  MILLRACE_TEST_REDIS_URL: 'redis://d:4',
  MILLRACE_TEST_CLICKHOUSE_URL: 'http://e:5',
};

test('the servers that the environment names', () => {
  expect(stackFromEnvironment({ ...given, MILLRACE_TEST_CLICKHOUSE_PASSWORD: 'p' })).toEqual({
    kafka: { brokers: ['a:1', 'b:2'] },
    schemaRegistry: { url: 'http://c:3/apis/ccompat/v7' },
    redis: { url: 'redis://d:4' },
    clickhouse: { url: 'http://e:5', user: 'millrace', password: 'p', database: 'millrace' },
  });
});

test('a cluster of ClickHouse, when one is named', () => {
  const stack = stackFromEnvironment({ ...given, MILLRACE_TEST_CLICKHOUSE_CLUSTER: 'replicas' });
  expect(stack?.clickhouse.cluster).toBe('replicas');
});

test('none when no broker is named; an error that names what is missing', () => {
  expect(stackFromEnvironment({})).toBeUndefined();
  const { MILLRACE_TEST_REDIS_URL: _, ...without } = given;
  expect(() => stackFromEnvironment(without)).toThrow('MILLRACE_TEST_REDIS_URL');
});
