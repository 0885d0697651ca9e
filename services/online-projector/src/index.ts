export { type OnlineProjectorConfig, onlineProjectorConfigSchema } from './config.ts';
export { type OnlineProjector, type OnlineProjectorOptions, startOnlineProjector } from './service.ts';
