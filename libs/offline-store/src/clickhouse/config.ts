import { z } from 'zod';

/** How to reach ClickHouse. Spread into a service's config. */
export const clickHouseConfigShape = {
  clickhouseUrl: z.url().default('http://127.0.0.1:8123').describe('HTTP address of ClickHouse.'),
  clickhouseUser: z.string().default('default').describe('User.'),
  clickhousePassword: z.string().default('').describe('Password of the user.'),
  clickhouseDatabase: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'must be a plain name')
    .default('millrace')
    .describe('Database of all tables; made when it is not there.'),
  clickhouseCluster: z
    .string()
    .regex(/^[a-zA-Z0-9_]*$/, 'must be a plain name')
    .default('')
    .describe('Cluster on which tables are made, replicated; empty for one server.'),
  clickhouseRequestTimeoutMs: z.coerce
    .number()
    .int()
    .positive()
    .default(300_000)
    .describe('Longest time for one request, in milliseconds.'),
  clickhouseMaxConnections: z.coerce
    .number()
    .int()
    .positive()
    .default(16)
    .describe('Most connections that are open at once.'),
};

const clickHouseConfigSchema = z.object(clickHouseConfigShape);
/** See {@link clickHouseConfigShape}. */
export type ClickHouseConfig = z.output<typeof clickHouseConfigSchema>;
