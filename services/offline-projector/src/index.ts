export { type OfflineProjectorConfig, offlineProjectorConfigSchema } from './config.ts';
export { type OfflineProjector, type OfflineProjectorOptions, startOfflineProjector } from './service.ts';
