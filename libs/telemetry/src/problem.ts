import type { ErrorCode, MillraceError } from '@millrace/kernel';

/** An error in the words of RFC 9457, with a stable code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly [detail: string]: unknown;
}

const statuses: Partial<Record<ErrorCode, number>> = {
  BODY_TOO_LARGE: 413,
  CONFLICT: 409,
  DEFINITION_INCOMPATIBLE: 409,
  DEFINITION_UNKNOWN: 404,
  INTERNAL: 500,
  MODEL_UNKNOWN: 404,
  MODEL_VERSION_EXISTS: 409,
  MODEL_VERSION_UNKNOWN: 404,
  MEDIA_TYPE_UNSUPPORTED: 415,
  OVERLOADED: 429,
  POSITIONS_NOT_REACHED: 504,
  REQUEST_INVALID: 400,
  ROLLBACK_IMPOSSIBLE: 409,
  SNAPSHOT_UNKNOWN: 404,
};

/** The HTTP status of an error: its own, 503 where trying again may help, else 422. */
export function statusOf(error: MillraceError): number {
  return statuses[error.code] ?? (error.retry ? 503 : 422);
}

/** An error as `application/problem+json`. */
export function problemOf(error: MillraceError, status: number = statusOf(error)): Problem {
  return {
    ...error.details,
    type: `urn:millrace:error:${error.code}`,
    title: error.code,
    status,
    code: error.code,
    detail: error.message,
  };
}
