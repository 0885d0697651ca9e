export {
  openVerificationWorld,
  type TestRow,
  type VerificationWorld,
} from './verification-world.ts';
