export { telemetryConfigShape } from './config.ts';
export { createHttpApp, type HttpOptions, listen } from './http.ts';
export { createLogger, type Logger } from './logger.ts';
export { createMetrics } from './metrics.ts';
export { problemAnswer, withOpenApi } from './open-api.ts';
export { type Problem, problemOf, statusOf } from './problem.ts';
export { runService } from './run-service.ts';
