/** Run by set-up once for each version: makes Java's archives of loaded classes by starting the servers once. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTogether } from '@millrace/kernel';
import { startGuard } from './guard.ts';
import { startKafka } from './kafka.ts';
import { choosePorts } from './ports.ts';
import { startSchemaRegistry } from './schema-registry.ts';
import type { StackContext } from './stack-context.ts';
import { startBeside } from './start-beside.ts';
import { readToolchain } from './toolchain.ts';

const toolchain = await readToolchain();
const folder = await mkdtemp(join(tmpdir(), 'millrace-warm-up-'));
// Written beside and moved: a stack that starts meanwhile must not read half an archive.
const unfinished = {
  ...toolchain,
  kafkaArchive: `${toolchain.kafkaArchive}.${process.pid}`,
  apicurioArchive: `${toolchain.apicurioArchive}.${process.pid}`,
};
try {
  const running = await startTogether(async (starter) => {
    const guard = await starter.start(startGuard);
    const ports = await choosePorts(folder, ['kafka', 'kafkaController', 'schemaRegistry'], {});
    const context: StackContext = {
      guard,
      archives: 'write',
      onFailure: (error) => console.error(error.message),
    };
    await startBeside(starter, [
      startKafka(unfinished, folder, ports, context),
      startSchemaRegistry(unfinished, folder, ports.schemaRegistry, context),
    ]);
  });
  await running.stop();
  await rename(unfinished.kafkaArchive, toolchain.kafkaArchive);
  await rename(unfinished.apicurioArchive, toolchain.apicurioArchive);
} finally {
  await rm(folder, { recursive: true, force: true });
}
