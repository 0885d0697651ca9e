export type { ClickHouseAddress, ClickHouseCredentials } from './clickhouse.ts';
export { type MillraceAddresses, type MillraceOptions, startMillrace } from './millrace.ts';
export { freePort, type Ports, type PortWishes } from './ports.ts';
export {
  portVariable,
  type ServiceAddresses,
  type ServiceName,
  type ServicesOptions,
  serviceNames,
  servicePorts,
  stackVariables,
  startServices,
} from './services.ts';
export { type StackAddresses, type StackOptions, type StackPort, startStack } from './stack.ts';
export { readToolchain, repositoryRoot } from './toolchain.ts';
export { type Ending, stopOnSignal } from './until-stopped.ts';
