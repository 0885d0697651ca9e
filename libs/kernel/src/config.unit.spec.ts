import { expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from './config.ts';

const schema = z.object({
  kafkaBrokers: z.string().default('127.0.0.1:9092'),
  gatewayPort: z.coerce.number().int().max(65_535).default(7400),
});

it('reads upper snake case variables, and defaults for what is not set or empty', () => {
  expect(readConfig(schema, { MILLRACE_GATEWAY_PORT: '8000', MILLRACE_KAFKA_BROKERS: '' })).toEqual({
    kafkaBrokers: '127.0.0.1:9092',
    gatewayPort: 8000,
  });
});

it('names every variable that breaks its rule', () => {
  expect(() => readConfig(schema, { MILLRACE_GATEWAY_PORT: '99999' })).toThrow(/MILLRACE_GATEWAY_PORT/);
});

it('gives an object that nobody can change', () => {
  expect(Object.isFrozen(readConfig(schema, {}))).toBe(true);
});
