import { join } from 'node:path';
import type { Running } from '@millrace/kernel';
import { type ComponentContext, startComponent } from './component.ts';
import { answersOk } from './http-check.ts';
import { repositoryRoot } from './toolchain.ts';

/** Who may speak to ClickHouse; without a password everyone on this machine may. */
export interface ClickHouseCredentials {
  readonly user: string;
  readonly password: string;
}

/** Where ClickHouse is and who may speak to it. */
export interface ClickHouseAddress extends ClickHouseCredentials {
  readonly url: string;
  readonly database: string;
  /** The cluster on which tables are replicated; left out for one server. */
  readonly cluster?: string;
}

// Each query holds a thread of libuv's pool while it runs; the default of 4 would queue the fifth.
const POOL_THREADS = '32';

/** Starts the ClickHouse engine behind its HTTP endpoint. */
export async function startClickHouse(
  folder: string,
  port: number,
  credentials: ClickHouseCredentials,
  context: ComponentContext,
): Promise<Running<ClickHouseAddress>> {
  const address = { url: `http://127.0.0.1:${port}`, ...credentials, database: 'millrace' };
  const component = await startComponent(
    {
      name: 'clickhouse',
      command: process.execPath,
      args: [join(repositoryRoot, 'deploy', 'embedded', 'clickhouse-endpoint', 'src', 'main.ts')],
      env: {
        UV_THREADPOOL_SIZE: POOL_THREADS,
        MILLRACE_CLICKHOUSE_HOST: '127.0.0.1',
        MILLRACE_CLICKHOUSE_PORT: String(port),
        MILLRACE_CLICKHOUSE_DATA: join(folder, 'clickhouse'),
        MILLRACE_CLICKHOUSE_USER: address.user,
        MILLRACE_CLICKHOUSE_PASSWORD: address.password,
        MILLRACE_CLICKHOUSE_DATABASE: address.database,
      },
      logFile: join(folder, 'logs', 'clickhouse.log'),
      ready: () => answersOk(`${address.url}/ping`),
    },
    context,
  );
  return { value: address, stop: component.stop };
}
