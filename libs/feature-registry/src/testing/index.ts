export { CONTRACT_MAX_AHEAD, type DecodeRecord, rowRulesContract } from './row-rules.ts';
