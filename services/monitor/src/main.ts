import { readConfig } from '@millrace/kernel';
import { createLogger, runService } from '@millrace/telemetry';
import { monitorConfigSchema } from './config.ts';
import { startMonitor } from './service.ts';

const config = readConfig(monitorConfigSchema, process.env);
const logger = createLogger('monitor', config.logLevel);
await runService(logger, (onFailure) => startMonitor({ config, logger, onFailure }));
