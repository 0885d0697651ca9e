import { z } from 'zod';

/** Options of the endpoint; from the environment with the prefix `MILLRACE_CLICKHOUSE_`. */
export const endpointOptionsSchema = z.object({
  port: z.coerce.number().int().min(0).max(65535).default(0).describe('TCP port; 0 takes a free one.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  dataDirectory: z.string().min(1).describe('Folder of the data; one process at a time may hold it.'),
  user: z.string().min(1).default('default').describe('The one user who may query.'),
  password: z.string().default('').describe("That user's password; empty lets requests without one in."),
  database: z
    .string()
    .min(1)
    .default('default')
    .describe('Database of requests that name none; made when missing.'),
  maxConcurrentQueries: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(48)
    .describe('Queries that run at once; each holds a thread of the pool (`UV_THREADPOOL_SIZE`). More wait.'),
  maxStatementBytes: z.coerce
    .number()
    .int()
    .min(1024)
    .default(64 * 1024 * 1024)
    .describe('Longest statement in bytes; the rows of an INSERT do not count.'),
});

export type EndpointOptions = z.infer<typeof endpointOptionsSchema>;

/** Reads the options from environment variables; throws a `ZodError` that names what is wrong. */
export function endpointOptionsFrom(env: Readonly<Record<string, string | undefined>>): EndpointOptions {
  return Object.freeze(
    endpointOptionsSchema.parse({
      port: env['MILLRACE_CLICKHOUSE_PORT'],
      host: env['MILLRACE_CLICKHOUSE_HOST'],
      dataDirectory: env['MILLRACE_CLICKHOUSE_DATA'],
      user: env['MILLRACE_CLICKHOUSE_USER'],
      password: env['MILLRACE_CLICKHOUSE_PASSWORD'],
      database: env['MILLRACE_CLICKHOUSE_DATABASE'],
      maxConcurrentQueries: env['MILLRACE_CLICKHOUSE_MAX_CONCURRENT_QUERIES'],
      maxStatementBytes: env['MILLRACE_CLICKHOUSE_MAX_STATEMENT_BYTES'],
    }),
  );
}
