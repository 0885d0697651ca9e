import { readConfig } from '@millrace/kernel';
import { createLogger, runService } from '@millrace/telemetry';
import { registryConfigSchema } from './config.ts';
import { startRegistry } from './service.ts';

const config = readConfig(registryConfigSchema, process.env);
const logger = createLogger('registry', config.logLevel);
await runService(logger, (onFailure) => startRegistry({ config, logger, onFailure }));
