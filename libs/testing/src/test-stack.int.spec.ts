import { describe, expect, test } from 'vitest';
import { testStack } from './test-stack.ts';

describe('testStack', () => {
  test('hands out servers that answer', async () => {
    const { clickhouse, kafka, redis, schemaRegistry } = testStack();
    expect(kafka.brokers.length).toBeGreaterThan(0);
    expect(redis.url).toMatch(/^redis:/);
    expect((await fetch(`${clickhouse.url}/ping`)).status).toBe(200);
    expect((await fetch(`${schemaRegistry.url}/subjects`)).status).toBe(200);
  });
});
