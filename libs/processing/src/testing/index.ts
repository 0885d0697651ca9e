export { InMemoryGenerations } from '../generations/in-memory.ts';
export { generationsContract, type GenerationsUnderTest } from './generations-contract.ts';
