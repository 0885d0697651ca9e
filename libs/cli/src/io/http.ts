import { describeError, type ErrorCode, errorCatalogue, MillraceError } from '@millrace/kernel';
import { z } from 'zod';

const problemSchema = z.looseObject({ code: z.string().optional(), detail: z.string().optional() });

/**
 * Asks a service for what the SDK has no call for.
 *
 * @throws MillraceError with the service's code, or SERVICE_UNAVAILABLE when it does not answer.
 */
export async function getJson<S extends z.ZodType>(
  url: string,
  schema: S,
  options: { readonly method?: 'GET' | 'POST'; readonly alsoAnswers?: readonly number[] } = {},
): Promise<z.output<S>> {
  const response = await answerOf(url, options.method ?? 'GET');
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok && options.alsoAnswers?.includes(response.status) !== true)
    throw problemOf(response, body, url);
  return schema.parse(body);
}

async function answerOf(url: string, method: string): Promise<Response> {
  try {
    return await fetch(url, { method, signal: AbortSignal.timeout(30_000) });
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new MillraceError('SERVICE_UNAVAILABLE', `${url} did not answer: ${describeError(reason)}`, {
      cause,
    });
  }
}

function problemOf(response: Response, body: unknown, url: string): MillraceError {
  const problem = problemSchema.safeParse(body).data;
  const code =
    problem?.code !== undefined && isErrorCode(problem.code) ? problem.code : 'SERVICE_UNAVAILABLE';
  return new MillraceError(code, problem?.detail ?? `${url} answered ${response.status}`, {
    details: { ...problem, status: response.status },
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
