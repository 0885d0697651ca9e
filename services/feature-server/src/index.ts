export { type FeatureServerConfig, featureServerConfigSchema } from './config.ts';
export { type FeatureServerOptions, startFeatureServer } from './service.ts';
