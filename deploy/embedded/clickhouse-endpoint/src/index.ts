export { type EndpointOptions, endpointOptionsFrom, endpointOptionsSchema } from './config.ts';
export { type ClickHouseEndpoint, startClickHouseEndpoint } from './service.ts';
