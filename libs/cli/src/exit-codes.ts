import { type ErrorCode, errorCatalogue, MillraceError } from '@millrace/kernel';

/** What the exit code of the command says. */
export const exitCodes = {
  /** It was done. */
  ok: 0,
  /** It failed in a way that nobody foresaw. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** What was asked breaks a rule: an incompatible definition, refused rows, a snapshot that does not verify. */
  refused: 3,
  /** There is no such thing. */
  notFound: 4,
  /** A service or a store does not answer, or is not ready; trying again may help. */
  unavailable: 5,
  /** A person said no. */
  declined: 6,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byCode: Partial<Record<ErrorCode, ExitCode>> = {
  CONFIG_INVALID: exitCodes.usage,
  DEAD_LETTER_UNKNOWN: exitCodes.notFound,
  DEFINITION_UNKNOWN: exitCodes.notFound,
  INTERNAL: exitCodes.failed,
  MODEL_UNKNOWN: exitCodes.notFound,
  MODEL_VERSION_UNKNOWN: exitCodes.notFound,
  SNAPSHOT_UNKNOWN: exitCodes.notFound,
};

/** The exit code of what was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof MillraceError)) return exitCodes.failed;
  const known = byCode[error.code];
  if (known !== undefined) return known;
  if (error.details['status'] === 404) return exitCodes.notFound;
  return errorCatalogue[error.code].retry ? exitCodes.unavailable : exitCodes.refused;
}
