export { type RegistryConfig, registryConfigSchema } from './config.ts';
export { type RegistryOptions, startRegistry } from './service.ts';
