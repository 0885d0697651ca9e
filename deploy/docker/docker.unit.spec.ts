import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { portVariable, servicePorts, serviceNames } from '../embedded/src/services.ts';
import { variableName } from '../../libs/kernel/src/config.ts';
import { images } from '../../libs/testing/src/containers.ts';
import { featureServerConfigSchema } from '../../services/feature-server/src/config.ts';
import { gatewayConfigSchema } from '../../services/gateway/src/config.ts';
import { monitorConfigSchema } from '../../services/monitor/src/config.ts';
import { offlineProjectorConfigSchema } from '../../services/offline-projector/src/config.ts';
import { onlineProjectorConfigSchema } from '../../services/online-projector/src/config.ts';
import { registryConfigSchema } from '../../services/registry/src/config.ts';

const root = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');

const configs: Record<string, z.ZodObject> = {
  gateway: gatewayConfigSchema,
  'feature-server': featureServerConfigSchema,
  registry: registryConfigSchema,
  monitor: monitorConfigSchema,
  'online-projector': onlineProjectorConfigSchema,
  'offline-projector': offlineProjectorConfigSchema,
};

const containerSchema = z.strictObject({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  restart: z.literal('unless-stopped'),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z
    .object({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.number() })
    .optional(),
  depends_on: z
    .union([z.array(z.string()), z.record(z.string(), z.object({ condition: z.string() }))])
    .optional(),
  ulimits: z.unknown().optional(),
});

const composeSchema = z.object({
  services: z.record(z.string(), containerSchema),
  volumes: z.record(z.string(), z.null()),
});

const compose = composeSchema.parse(parse(text('docker-compose.yml'), { merge: true }));
const containers = Object.entries(compose.services);
const container = (name: string) => containerSchema.parse(compose.services[name]);

describe('docker-compose.yml', () => {
  test.each(containers)('%s has a pinned image, from elsewhere or built here', (_name, { image }) => {
    expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?$/);
  });

  test.each(containers)(
    '%s waits for containers that exist, and for health only where it is checked',
    (_name, one) => {
      const needed = one.depends_on ?? [];
      const names = Array.isArray(needed) ? needed : Object.keys(needed);
      expect(names.filter((name) => !(name in compose.services))).toEqual([]);
      const unchecked = names.filter((name) => !Array.isArray(needed) && !container(name).healthcheck);
      expect(unchecked).toEqual([]);
    },
  );

  test.each(containers)(
    '%s mounts files that are there and volumes that are declared',
    (_name, { volumes = [] }) => {
      const missing = volumes
        .map((volume) => volume.split(':')[0] ?? '')
        .filter(
          (source) => !(source.startsWith('./') ? existsSync(join(root, source)) : source in compose.volumes),
        );
      expect(missing).toEqual([]);
    },
  );

  test('no port is published twice', () => {
    const published = containers.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]));
    expect(new Set(published).size).toBe(published.length);
  });

  test.each(serviceNames)('%s runs its own main.ts on its port, from the one image', (name) => {
    const { image, command, ports, environment } = container(name);
    expect(image).toBe(container('gateway').image);
    expect(command).toEqual([`services/${name}/src/main.ts`]);
    expect(ports).toEqual([`127.0.0.1:${servicePorts[name]}:${servicePorts[name]}`]);
    expect(environment?.[portVariable(name)]).toBe(servicePorts[name]);
  });

  test.each(serviceNames)('%s knows its variables, and they fit', (name) => {
    const { environment = {} } = container(name);
    const shape = configs[name]?.shape ?? {};
    const all = Object.values(configs).flatMap((config) => Object.keys(config.shape));
    const known = new Set(all.map((key) => variableName(key)));
    for (const variable of Object.keys(environment)) expect(known).toContain(variable);
    const own = Object.keys(shape).filter((key) => variableName(key) in environment);
    const values = Object.fromEntries(own.map((key) => [key, String(environment[variableName(key)])]));
    expect(configs[name]?.safeParse(values).error).toBeUndefined();
    expect(own).toEqual(expect.arrayContaining(['host', 'kafkaBrokers', 'schemaRegistryUrl']));
  });

  test('has the servers that tests use in containers, and the versions that set-up downloads', () => {
    const { kafka, redis, clickhouse } = images;
    expect({ kafka: container('kafka').image, redis: container('redis').image }).toEqual({ kafka, redis });
    expect(container('clickhouse').image).toBe(clickhouse);
    expect(container('schema-registry').image).toBe(images.schemaRegistry);
    const pom = text('deploy/embedded/pom.xml');
    expect(pom).toContain(`<kafka.version>${kafka.split(':')[1]}<`);
    expect(pom).toContain(`<apicurio.version>${images.schemaRegistry.split(':')[1]}<`);
  });
});

describe('Dockerfile', () => {
  const lines = text('deploy/docker/Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (instruction: string) =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1).trim());

  test('has only instructions that Docker knows, and begins with FROM', () => {
    expect(lines[0]).toMatch(/^FROM /);
    for (const line of lines) expect(line).toMatch(/^(FROM|WORKDIR|ENV|COPY|RUN|USER|ENTRYPOINT|CMD) /);
  });

  test("is made from the repository's own version of Node", () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(text('node_modules/node/package.json')));
    expect(of('FROM')).toEqual([`node:${version}-slim`]);
  });

  test('copies what is there and installs every service', () => {
    const sources = of('COPY').flatMap((line) => line.split(/\s+/).slice(0, -1));
    expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
    const workspaces = [
      ...of('RUN')
        .join(' ')
        .matchAll(/--workspace (\S+)/g),
    ].map(([, path]) => path);
    expect(new Set(workspaces)).toEqual(new Set(serviceNames.map((name) => `services/${name}`)));
  });

  test('starts a service and does not run as root', () => {
    expect(of('USER')).toEqual(['node']);
    expect(existsSync(join(root, String(JSON.parse(of('CMD')[0] ?? '[]')[0])))).toBe(true);
  });
});

describe('Prometheus', () => {
  test('every service is scraped on its port', () => {
    const config = z
      .object({
        scrape_configs: z.array(
          z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
        ),
      })
      .parse(parse(text('deploy/prometheus/prometheus.yml')));
    const targets = config.scrape_configs.flatMap((job) =>
      job.static_configs.flatMap((group) => group.targets),
    );
    expect(targets).toEqual(serviceNames.map((name) => `${name}:${servicePorts[name]}`));
  });
});
