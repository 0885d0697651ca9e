import { readConfig } from '@millrace/kernel';
import { createLogger, runService } from '@millrace/telemetry';
import { gatewayConfigSchema } from './config.ts';
import { startGateway } from './service.ts';

const config = readConfig(gatewayConfigSchema, process.env);
const logger = createLogger('gateway', config.logLevel);
await runService(logger, (onFailure) => startGateway({ config, logger, onFailure }));
