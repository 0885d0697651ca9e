export {
  type GroupMishap,
  groupMishaps,
  type GroupPlace,
  mishapOfIdleGroup,
  mishapOfRunningGroup,
} from './group-mishaps.ts';
