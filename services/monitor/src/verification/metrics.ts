import { type DifferenceCounts, differenceKinds, type VerificationReport } from '@millrace/verification';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { PartScope } from './parts.ts';

/** What the verification measures of itself. */
export type VerificationMetrics = ReturnType<typeof verificationMetrics>;

/** Registers the metrics of the verification. */
export function verificationMetrics(registry: Registry) {
  const registers = [registry];
  const differences = new Gauge({
    name: 'millrace_verification_differences',
    help: 'Differences between the log and the stores (conservation) or between the stores (parity), at the last look at each part.',
    labelNames: ['scope', 'kind'],
    registers,
  });
  const checked = new Gauge({
    name: 'millrace_verification_checked_timestamp_seconds',
    help: 'When a part was checked last.',
    labelNames: ['scope'],
    registers,
  });
  const passed = new Gauge({
    name: 'millrace_verification_pass_timestamp_seconds',
    help: 'When every part had been checked once more: every offset of the log and every bucket.',
    registers,
  });
  const began = new Gauge({
    name: 'millrace_verification_pass_started_timestamp_seconds',
    help: 'When the pass that is under way began, restarts in between or not.',
    registers,
  });
  const ratio = new Gauge({
    name: 'millrace_verification_pass_ratio',
    help: 'How much of the pass that is under way is done, from 0 to 1.',
    registers,
  });
  const partsTotal = new Counter({
    name: 'millrace_verification_parts_total',
    help: 'Parts that were checked, by what came out.',
    labelNames: ['scope', 'outcome'],
    registers,
  });
  const failuresTotal = new Counter({
    name: 'millrace_verification_failures_total',
    help: 'Parts that could not be checked, such as when a server was away.',
    labelNames: ['scope'],
    registers,
  });
  return {
    failuresTotal,
    /** A part was checked; `counts` are those of the last look at every part of its scope. */
    checked(
      scope: PartScope,
      outcome: VerificationReport['outcome'],
      counts: DifferenceCounts,
      seconds: number,
    ) {
      for (const kind of differenceKinds) differences.set({ scope, kind }, counts[kind]);
      checked.set({ scope }, seconds);
      partsTotal.inc({ scope, outcome });
    },
    passed: (seconds: number) => passed.set(seconds),
    /** How far the pass is that began at a time. */
    progressed(startedSeconds: number, done: number, parts: number) {
      began.set(startedSeconds);
      ratio.set(done / Math.max(1, parts));
    },
  };
}
