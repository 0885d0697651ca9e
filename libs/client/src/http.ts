import { describeError, type ErrorCode, errorCatalogue, MillraceError } from '@millrace/kernel';
import { z } from 'zod';

/** How the SDK talks HTTP. */
export interface HttpOptions {
  /** Tries of a request that may be sent again. @default 5 */
  readonly attempts?: number;
  /** Longest wait for the beginning of an answer, in milliseconds. @default 30,000 */
  readonly timeoutMs?: number;
  /** Sent with every request, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the global fetch */
  readonly fetch?: typeof fetch;
}

/** A body that is sent as it is. */
export type HttpBody = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with its own content type. */
  readonly body?: HttpBody;
  /** Whether sending it twice has no other effect than once. */
  readonly repeatable: boolean;
  /** Statuses beside 2xx whose body is an answer and no problem. */
  readonly alsoAnswers?: readonly number[];
}

/** Sends requests to one service. @throws MillraceError with the server's code, or SERVICE_UNAVAILABLE when there is no answer. */
export type Http = (request: HttpRequest) => Promise<Response>;

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

const problemSchema = z.looseObject({ code: z.string().optional(), detail: z.string().optional() });

/** Sends requests, and again while the error says that this may help: after what Retry-After asks for, else longer each time. */
export function httpTo(baseUrl: string, options: HttpOptions = {}): Http {
  const { attempts = 5 } = options;
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await send(baseUrl, request, options);
      if (!(outcome instanceof Failure)) return outcome;
      if (!outcome.error.retry || !request.repeatable || attempt >= attempts) throw outcome.error;
      await wait(outcome.retryAfterMs ?? backOff(attempt));
    }
  };
}

class Failure {
  readonly error: MillraceError;
  readonly retryAfterMs: number | undefined;

  constructor(error: MillraceError, retryAfterMs?: number) {
    this.error = error;
    this.retryAfterMs = retryAfterMs;
  }
}

async function send(
  baseUrl: string,
  request: HttpRequest,
  options: HttpOptions,
): Promise<Response | Failure> {
  const { timeoutMs = 30_000, headers = {}, fetch: send = fetch } = options;
  const url = urlOf(baseUrl, request);
  const { signal, done } = deadline(timeoutMs);
  try {
    const response = await send(url, {
      method: request.method,
      headers: {
        ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...request.headers,
      },
      body: request.json === undefined ? (request.body ?? null) : JSON.stringify(request.json),
      signal,
      ...(request.body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
    });
    if (response.ok || request.alsoAnswers?.includes(response.status) === true) return response;
    return new Failure(await problemOf(response, url), retryAfter(response));
  } catch (cause) {
    return new Failure(
      new MillraceError('SERVICE_UNAVAILABLE', `${url} did not answer: ${reason(cause)}`, { cause }),
    );
  } finally {
    done();
  }
}

function urlOf(baseUrl: string, { path, query = {} }: HttpRequest): string {
  const url = new URL(baseUrl.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

/** Ends with the beginning of the answer: a long download is no time-out. */
function deadline(timeoutMs: number): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  return { signal: controller.signal, done: () => clearTimeout(timer) };
}

async function problemOf(response: Response, url: string): Promise<MillraceError> {
  const text = await response.text();
  const problem = problemSchema.safeParse(parseJson(text)).data;
  const details = { ...problem, status: response.status, url };
  const message = problem?.detail ?? `${url} answered ${response.status} ${text.slice(0, 200)}`;
  const code =
    problem?.code !== undefined && isErrorCode(problem.code) ? problem.code : codeOf(response.status);
  return new MillraceError(code, message, { details });
}

/** For answers that are not ours, such as those of a proxy. */
function codeOf(status: number): ErrorCode {
  if (status === 429) return 'OVERLOADED';
  return status >= 500 ? 'SERVICE_UNAVAILABLE' : 'REQUEST_INVALID';
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch says `fetch failed`; its cause says why. */
function reason(cause: unknown): string {
  return cause instanceof Error && cause.cause !== undefined
    ? describeError(cause.cause)
    : describeError(cause);
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : undefined;
}

function backOff(attempt: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
