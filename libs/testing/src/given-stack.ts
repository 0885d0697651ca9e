import type { StackAddresses } from '@millrace/embedded';
import { readConfig } from '@millrace/kernel';
import { z } from 'zod';

const schema = z.object({
  kafkaBrokers: z.string().describe('Brokers as host:port, separated by commas.'),
  schemaRegistryUrl: z.url().describe("Confluent's interface of a schema registry."),
  redisUrl: z.url().describe('A Redis whose keys tests may write and delete.'),
  clickhouseUrl: z.url().describe('The HTTP interface of ClickHouse.'),
  clickhouseUser: z.string().default('millrace').describe('The user of ClickHouse.'),
  clickhousePassword: z.string().default('').describe("The ClickHouse user's password."),
  clickhouseDatabase: z
    .string()
    .default('millrace')
    .describe('The database in which tests make their tables.'),
  clickhouseCluster: z
    .string()
    .optional()
    .describe('The cluster on which tests replicate their tables; left out for one server.'),
});

/**
 * The stack that `MILLRACE_TEST_KAFKA_BROKERS`, `MILLRACE_TEST_SCHEMA_REGISTRY_URL`, `MILLRACE_TEST_REDIS_URL` and
 * `MILLRACE_TEST_CLICKHOUSE_URL` name; undefined when no broker is named.
 *
 * @throws MillraceError CONFIG_INVALID when only some of them are.
 */
export function stackFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): StackAddresses | undefined {
  if (!environment['MILLRACE_TEST_KAFKA_BROKERS']) return undefined;
  const given = readConfig(schema, environment, 'MILLRACE_TEST_');
  return {
    kafka: { brokers: given.kafkaBrokers.split(',') },
    schemaRegistry: { url: given.schemaRegistryUrl },
    redis: { url: given.redisUrl },
    clickhouse: {
      url: given.clickhouseUrl,
      user: given.clickhouseUser,
      password: given.clickhousePassword,
      database: given.clickhouseDatabase,
      ...(given.clickhouseCluster === undefined ? {} : { cluster: given.clickhouseCluster }),
    },
  };
}
