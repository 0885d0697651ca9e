export { assertTestName, isTestName, uniqueName } from './names.ts';
export { registerDefinitions } from './register-definitions.ts';
export { startTestStack } from './start-test-stack.ts';
export { testStack } from './test-stack.ts';
