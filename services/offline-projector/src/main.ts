import { readConfig } from '@millrace/kernel';
import { createLogger, runService } from '@millrace/telemetry';
import { offlineProjectorConfigSchema } from './config.ts';
import { startOfflineProjector } from './service.ts';

const config = readConfig(offlineProjectorConfigSchema, process.env);
const logger = createLogger('offline-projector', config.logLevel);
await runService(logger, (onFailure) => startOfflineProjector({ config, logger, onFailure }));
