export { assertTestName, isTestName, uniqueName } from './names.ts';
export { startOwnKafka } from './own-kafka.ts';
export { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.ts';
export { registerDefinitions } from './register-definitions.ts';
export { startTestStack } from './start-test-stack.ts';
export { testStack } from './test-stack.ts';
