export { eventTimeConfigShape } from './config.ts';
export { deadLetterId, type DeadLetters, deadLettersTo } from './dead-letters.ts';
export { type FollowedDefinitions, followDefinitions } from './definitions.ts';
export { type ProjectedTopics, type ProjectTopicsOptions, projectTopics } from './project-topics.ts';
