import { join } from 'node:path';
import { z } from 'zod';
import { servicePorts } from './services.ts';
import { repositoryRoot } from './toolchain.ts';

const port = z.coerce.number().int().min(1).max(65_535).optional();

/** The configuration of `npm start`, read from variables with the prefix `MILLRACE_`. */
export const startConfigSchema = z.object({
  dataFolder: z
    .string()
    .default(join(repositoryRoot, '.millrace', 'data'))
    .describe('Folder of all data, logs and ports; the next start goes on with it.'),
  kafkaPort: port.describe('Port of Kafka; without it 9092 if free, else any that is kept.'),
  schemaRegistryPort: port.describe('Port of the schema registry; without it 8081 if free.'),
  redisPort: port.describe('Port of Redis; without it 6379 if free.'),
  clickhousePort: port.describe('Port of ClickHouse; without it 8123 if free.'),
  clickhouseUser: z.string().default('default').describe('The user of ClickHouse.'),
  clickhousePassword: z
    .string()
    .default('')
    .describe('Their password; empty lets everyone on this machine in.'),
  gatewayPort: servicePort('gateway'),
  featureServerPort: servicePort('feature-server'),
  registryPort: servicePort('registry'),
  monitorPort: servicePort('monitor'),
  onlineProjectorPort: servicePort('online-projector'),
  offlineProjectorPort: servicePort('offline-projector'),
});

/** See {@link startConfigSchema}. */
export type StartConfig = Readonly<z.output<typeof startConfigSchema>>;

function servicePort(name: keyof typeof servicePorts) {
  return z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(servicePorts[name])
    .describe(`Port of the ${name}.`);
}
