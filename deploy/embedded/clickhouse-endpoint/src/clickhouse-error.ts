/**
 * An error as ClickHouse reports it: numeric code, symbolic name and message.
 *
 * Codes are ClickHouse's own (`src/Common/ErrorCodes.cpp`), because clients decide by them.
 */
export class ClickHouseError extends Error {
  readonly code: number;
  readonly type: string;

  constructor(code: number, type: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClickHouseError';
    this.code = code;
    this.type = type;
  }

  /** The text that ClickHouse's server puts in the body. */
  toBody(version: string): string {
    return `Code: ${this.code}. DB::Exception: ${this.message}. (${this.type}) (version ${version})\n`;
  }
}

/** Refuses what the endpoint does not speak: answered with HTTP 501. */
export function notImplemented(message: string): ClickHouseError {
  return new ClickHouseError(48, 'NOT_IMPLEMENTED', message);
}

export function badArguments(message: string): ClickHouseError {
  return new ClickHouseError(36, 'BAD_ARGUMENTS', message);
}

const enginePattern = /^Code: (\d+)\. DB::Exception: ([\s\S]*?)\.? \(([A-Z0-9_]+)\)\s*$/;
const nestedPattern = /^Code: \d+\. DB::Exception: ([\s\S]*?)\.? \([A-Z0-9_]+\) \(version [^)]*\)$/;

/** Reads the engine's exception text; anything else becomes an unknown exception (code 1002). */
export function fromEngine(error: unknown): ClickHouseError {
  if (error instanceof ClickHouseError) return error;
  // Rows are spooled to the same disk before the engine sees them.
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    return new ClickHouseError(243, 'NOT_ENOUGH_SPACE', error.message, { cause: error });
  const text = error instanceof Error ? error.message : String(error);
  const match = enginePattern.exec(text);
  if (!match) return new ClickHouseError(1002, 'UNKNOWN_EXCEPTION', text, { cause: error });
  const [, code = '1002', message = text, type = 'UNKNOWN_EXCEPTION'] = match;
  const nested = nestedPattern.exec(message);
  return new ClickHouseError(Number(code), type, nested?.[1] ?? message, { cause: error });
}
