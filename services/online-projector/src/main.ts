import { readConfig } from '@millrace/kernel';
import { createLogger, runService } from '@millrace/telemetry';
import { onlineProjectorConfigSchema } from './config.ts';
import { startOnlineProjector } from './service.ts';

const config = readConfig(onlineProjectorConfigSchema, process.env);
const logger = createLogger('online-projector', config.logLevel);
await runService(logger, (onFailure) => startOnlineProjector({ config, logger, onFailure }));
