import { Agent, request as httpRequest } from 'node:http';
import type { FuzzRequest } from './requests.ts';

const PATIENCE_MS = 20_000;

/** What a service answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Keeps its connections, as clients do: what one request leaves behind shows in the next one. */
export const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Sends a request as it is. @throws Error when there is no answer in time */
export function sendRequest({ operation, method, target, headers, bytes }: FuzzRequest): Promise<Answer> {
  const { hostname, port } = new URL(operation.url);
  return new Promise((resolve, reject) => {
    const sending = httpRequest(
      {
        agent,
        hostname,
        port,
        method,
        path: target,
        headers: { ...headers, 'content-length': bytes.length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sending.setTimeout(PATIENCE_MS, () => sending.destroy(new Error(`no answer in ${PATIENCE_MS} ms`)));
    sending.on('error', reject);
    sending.end(bytes);
  });
}
