import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/** A name no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`;
}

const summarySchema = z.record(z.string(), z.coerce.number());

export type Reply = {
  readonly status: number;
  readonly text: string;
  readonly code: number | undefined;
  readonly headers: Headers;
  readonly summary: Readonly<Record<string, number>>;
};

/** A POST request to the endpoint with its answer as text; no answer decoded, no error thrown. */
export async function post(
  url: string,
  body: string | Uint8Array | FormData | undefined,
  parameters: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const init = { method: 'POST', headers, ...(body === undefined ? {} : { body: asBody(body) }) };
  const response = await fetch(`${url}/?${new URLSearchParams(parameters).toString()}`, init);
  return readReply(response);
}

/** A GET request to a path of the endpoint. */
export async function get(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return readReply(await fetch(`${url}${path}`, { headers }));
}

function asBody(body: string | Uint8Array | FormData): string | FormData | Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array ? new Uint8Array(body) : body;
}

async function readReply(response: Response): Promise<Reply> {
  const code = response.headers.get('x-clickhouse-exception-code');
  const summary = response.headers.get('x-clickhouse-summary');
  return {
    status: response.status,
    text: await response.text(),
    code: code === null ? undefined : Number(code),
    headers: response.headers,
    summary: summary === null ? {} : summarySchema.parse(JSON.parse(summary)),
  };
}
