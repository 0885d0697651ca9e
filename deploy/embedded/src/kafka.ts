import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError, type Running } from '@millrace/kernel';
import { startComponent } from './component.ts';
import { hasGroupCoordinator } from './kafka-check.ts';
import type { StackContext } from './stack-context.ts';
import { javaOptions, type Toolchain } from './toolchain.ts';

const run = promisify(execFile);

// The identity of a cluster of one; two stacks never share a log folder, so they may share this.
const CLUSTER_ID = 'bWlsbHJhY2UtZW1iZWRkZQ';

/** Starts one Kafka node, broker and controller in one, formatting its folder the first time. */
export async function startKafka(
  toolchain: Toolchain,
  folder: string,
  ports: { readonly kafka: number; readonly kafkaController: number },
  context: StackContext,
): Promise<Running<{ readonly brokers: readonly string[] }>> {
  const home = join(folder, 'kafka');
  const properties = join(home, 'server.properties');
  await mkdir(join(home, 'data'), { recursive: true });
  await writeFile(properties, serverProperties(join(home, 'data'), ports));
  await formatOnce(toolchain, home, properties);
  const component = await startComponent(
    {
      name: 'kafka',
      command: toolchain.java,
      args: [...javaArgs(toolchain, context.archives), '-Xms192m', '-Xmx512m', 'kafka.Kafka', properties],
      logFile: join(folder, 'logs', 'kafka.log'),
      cwd: home,
      ready: () => hasGroupCoordinator(ports.kafka),
    },
    context,
  );
  return { value: { brokers: [`127.0.0.1:${ports.kafka}`] }, stop: component.stop };
}

async function formatOnce(toolchain: Toolchain, home: string, properties: string): Promise<void> {
  const formatted = await access(join(home, 'data', 'meta.properties')).then(
    () => true,
    () => false,
  );
  if (formatted) return;
  const args = ['format', '--config', properties, '--cluster-id', CLUSTER_ID, '--ignore-formatted'];
  const command = [
    ...javaArgs(toolchain, 'read'),
    '-XX:TieredStopAtLevel=1',
    'kafka.tools.StorageTool',
    ...args,
  ];
  try {
    await run(toolchain.java, command, { cwd: home });
  } catch (cause) {
    throw new MillraceError('COMPONENT_FAILED', `kafka could not format ${home}`, {
      cause,
      details: { component: 'kafka' },
    });
  }
}

function javaArgs(toolchain: Toolchain, archives: 'read' | 'write'): string[] {
  return [
    ...javaOptions(toolchain.kafkaArchive, archives),
    `-Dlog4j2.configurationFile=${join(import.meta.dirname, '..', 'kafka-log4j2.xml')}`,
    '-cp',
    join(toolchain.kafka, '*'),
  ];
}

function serverProperties(
  data: string,
  ports: { readonly kafka: number; readonly kafkaController: number },
): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.kafkaController}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.kafka}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data.replaceAll('\\', '\\\\'),
    'auto.create.topics.enable': false,
    'log.retention.ms': -1,
    'log.retention.bytes': -1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // What a test may ask for, that does not want to wait long for a killed member.
    'group.min.session.timeout.ms': 3_000,
    // The default takes a quarter of this heap.
    'log.cleaner.dedupe.buffer.size': 8_388_608,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
