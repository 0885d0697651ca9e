/** The parts of a stack one by one, for who kills and restarts them: chaos tests. */
export { type ComponentContext, type ComponentSpec, startComponent } from './component.ts';
export { startClickHouse } from './clickhouse.ts';
export { type Guard, startGuard } from './guard.ts';
export { answersOk } from './http-check.ts';
export { startKafka } from './kafka.ts';
export { startRedis } from './redis.ts';
export { startSchemaRegistry } from './schema-registry.ts';
export type { StackContext } from './stack-context.ts';
export { readToolchain, type Toolchain } from './toolchain.ts';
