export { eventTimeConfigShape } from './config.ts';
export {
  type DeadLetterDesk,
  type DeadLetterDeskOptions,
  type DeadLetterOrder,
  openDeadLetterDesk,
} from './dead-letters/dead-letter-desk.ts';
export type { DeadLetterState, DeadLetterStatus } from './dead-letters/dead-letter.ts';
export type { DeadLetterOutcome, DeadLetterPlace } from './dead-letters/outcome.ts';
export { deadLetterId, type DeadLetters, deadLettersTo } from './dead-letters.ts';
export { type FollowedDefinitions, followDefinitions } from './definitions.ts';
export { type ProjectionGauges, projectionGauges } from './generations/gauges.ts';
export { groupOf } from './generations/group.ts';
export { InMemoryGenerations } from './generations/in-memory.ts';
export type { Generation, GenerationId, Generations } from './generations/port.ts';
export {
  type ProjectedGenerations,
  type ProjectGenerationsOptions,
  projectGenerations,
} from './generations/project-generations.ts';
export { type NextOffsets, recordsLeft, targetOf } from './generations/ready-to-go-live.ts';
