/** What a simulation of the log stands on: the logic of consuming, over a member of a group that is not kafkajs. */
export { type ConsumingParts, startConsuming } from './consume.ts';
export {
  type FetchedBatch,
  type GroupMember,
  HEARTBEAT_INTERVAL_MS,
  type MemberListeners,
  SESSION_TIMEOUT_MS,
} from './group-member.ts';
