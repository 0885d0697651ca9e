import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Running } from '@millrace/kernel';
import { startComponent } from './component.ts';
import { answersOk } from './http-check.ts';
import type { StackContext } from './stack-context.ts';
import { javaOptions, type Toolchain } from './toolchain.ts';

/** Starts Apicurio Registry on an H2 file; its URL speaks Confluent's interface. */
export async function startSchemaRegistry(
  toolchain: Toolchain,
  folder: string,
  port: number,
  context: StackContext,
): Promise<Running<{ readonly url: string }>> {
  const home = join(folder, 'schema-registry');
  await mkdir(home, { recursive: true });
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const properties = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.http.access-log.enabled': false,
    // Cannot be switched off; nobody asks it, so any port does.
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': 0,
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    // A schema that was answered for is on disk, also after SIGKILL.
    'apicurio.datasource.url': `jdbc:h2:file:${join(home, 'registry')};WRITE_DELAY=0`,
    'apicurio.datasource.jdbc.initial-size': 2,
    'apicurio.datasource.jdbc.min-size': 2,
    'apicurio.datasource.jdbc.max-size': 20,
    'apicurio.ccompat.max-subjects': 100_000,
  };
  const component = await startComponent(
    {
      name: 'schema-registry',
      command: toolchain.java,
      args: [
        '-XX:TieredStopAtLevel=1',
        '-Xmx256m',
        ...javaOptions(toolchain.apicurioArchive, context.archives),
        ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
        '-jar',
        join(toolchain.apicurio, 'quarkus-run.jar'),
      ],
      logFile: join(folder, 'logs', 'schema-registry.log'),
      cwd: home,
      ready: () => answersOk(`${url}/subjects`),
    },
    context,
  );
  return { value: { url }, stop: component.stop };
}
