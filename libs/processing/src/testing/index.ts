export { generationsContract, type GenerationsUnderTest } from './generations-contract.ts';
