import { type ErrorCode, errorCatalogue } from './error-catalogue.ts';

/** An error with a stable code. One property, `retry`, says whether the same call may succeed later. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  /** What the message speaks of, for machines: field, view, topic and so on. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly details?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** Whether trying again can succeed without anybody changing anything. */
  get retry(): boolean {
    return errorCatalogue[this.code].retry;
  }
}

/** Says what went wrong in one line, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
