import { readConfig } from '@millrace/kernel';
import { createLogger, runService } from '@millrace/telemetry';
import { featureServerConfigSchema } from './config.ts';
import { startFeatureServer } from './service.ts';

const config = readConfig(featureServerConfigSchema, process.env);
const logger = createLogger('feature-server', config.logLevel);
await runService(logger, (onFailure) => startFeatureServer({ config, logger, onFailure }));
