import { describeError, errorCatalogue } from '@millrace/kernel';
import { z } from 'zod';
import { type Random, randomOf } from '../random.ts';
import { notDocumented } from './documented.ts';
import { type Operation, readOperations } from './open-api.ts';
import { type FuzzRequest, makeRequest } from './requests.ts';
import { agent, type Answer, sendRequest } from './send-request.ts';

const AT_ONCE = 4;
/** Bytes of a body that services read whole before they answer, whatever they answer. */
const LARGE_BODY = 1024 * 1024;

/** An answer that no request may get. */
export interface HttpFinding {
  readonly problem: string;
  readonly request: string;
  readonly answer: string;
}

/** What came of the requests. */
export interface HttpReport {
  readonly requests: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly findings: readonly HttpFinding[];
}

/** Sends requests to every operation that some services describe, and judges each answer. */
export async function runHttp(
  services: Readonly<Record<string, { readonly url: string }>>,
  { requests, seed }: { readonly requests: number; readonly seed: number },
): Promise<HttpReport> {
  const described = await Promise.all(
    Object.entries(services).map(([name, { url }]) => readOperations(name, url)),
  );
  const [first, ...rest] = described.flat();
  if (first === undefined) throw new Error('the services describe nothing');
  const random = randomOf(seed);
  const made = Array.from({ length: requests }, () => one([first, ...rest], random));
  const statuses: Record<string, number> = {};
  const findings: HttpFinding[] = [];
  const queue = made.values();
  async function worker(): Promise<void> {
    for (const request of queue) {
      const outcome = await outcomeOf(request);
      statuses[outcome.status] = (statuses[outcome.status] ?? 0) + 1;
      if (outcome.finding !== undefined) findings.push(outcome.finding);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  return { requests, statuses, findings };
}

function one(operations: readonly [Operation, ...Operation[]], random: Random): FuzzRequest {
  return makeRequest(random.pick(operations), random);
}

async function outcomeOf(
  request: FuzzRequest,
): Promise<{ readonly status: string; readonly finding?: HttpFinding }> {
  try {
    const answer = await sendRequest(request);
    const problem = problemOf(answer, request.method) ?? undocumented(answer, request);
    const status = String(answer.status);
    return problem === undefined ? { status } : { status, finding: findingOf(problem, request, answer.text) };
  } catch (error) {
    // A service may refuse a large body and close before all of it was sent; the answer can then be lost.
    if (request.bytes.length > LARGE_BODY && isClosed(error)) return { status: 'closed' };
    return { status: 'none', finding: findingOf('no answer', request, describeError(error)) };
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}

/** By another method it is an answer of something else. */
function undocumented(answer: Answer, { method, operation }: FuzzRequest): string | undefined {
  return method === operation.method ? notDocumented(operation, answer) : undefined;
}

const code = z.string().refine((text) => text in errorCatalogue);
const refusedSchema = z.object({ accepted: z.literal(0), rejected: z.array(z.object({ code })).min(1) });
const problemSchema = z.object({
  code,
  detail: z.string(),
  status: z.number(),
});

/** What is wrong with an answer; nothing, most of the time. */
function problemOf({ status, type, text }: Answer, method: string): string | undefined {
  if (status < 400 || method === 'HEAD') return status < 500 ? undefined : `status ${status}`;
  // A write says of each row what is wrong with it.
  if (status === 422 && refusedSchema.safeParse(parsed(text)).success) return undefined;
  if (!type.startsWith('application/problem+json')) return `status ${status} as ${type}`;
  const problem = problemSchema.safeParse(parsed(text)).data;
  if (problem === undefined) return 'a problem without a code of the catalogue';
  if (problem.status !== status) return 'a problem that tells another status';
  const isWait = status === 504 && problem.code === 'POSITIONS_NOT_REACHED';
  return status >= 500 && !isWait ? `status ${status} ${problem.code}` : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function findingOf(problem: string, request: FuzzRequest, answer: string): HttpFinding {
  const { operation, method, target, headers, bytes } = request;
  return {
    problem: `${operation.service} ${operation.method} ${operation.path}: ${problem}`,
    request: `${method} ${target.slice(0, 200)} ${JSON.stringify(headers)} ${bytes.toString('latin1', 0, 300)}`,
    answer: answer.slice(0, 400),
  };
}
