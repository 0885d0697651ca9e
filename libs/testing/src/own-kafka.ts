import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@millrace/embedded';
import { readToolchain, startGuard, startKafka } from '@millrace/embedded/components';
import { type Running, startTogether } from '@millrace/kernel';

/**
 * Starts a Kafka broker of a spec's own. Who projects every view and event that the log has would take up those of
 * all other specs on the shared one, and become slower with each.
 */
export function startOwnKafka(): Promise<Running<{ readonly brokers: readonly string[] }>> {
  return startTogether(async (starter) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
    starter.onStop(() => rm(folder, { recursive: true, force: true }));
    const guard = await starter.start(() => startGuard());
    const kafka = await freePort();
    const ports = { kafka, kafkaController: await freePort([kafka]) };
    const toolchain = await readToolchain();
    return starter.start(() =>
      startKafka(toolchain, folder, ports, { guard, archives: 'read', onFailure: () => undefined }),
    );
  });
}
