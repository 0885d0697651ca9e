import type { IncomingMessage } from 'node:http';
import { badArguments, ClickHouseError, notImplemented } from '../clickhouse-error.ts';

export function isForm(request: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
}

/**
 * Reads the parameters of a multipart body: `query`, `param_*`, settings. Throws 501 for files, which are tables
 * sent along with a query.
 */
export async function readForm(request: IncomingMessage, maxBytes: number): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxBytes)
      throw new ClickHouseError(229, 'QUERY_IS_TOO_LARGE', `The form is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const contentType = request.headers['content-type'] ?? '';
  const body = Buffer.concat(chunks);
  const form = await new Response(body, { headers: { 'content-type': contentType } })
    .formData()
    .catch((error) => {
      throw badArguments(`The multipart body cannot be read: ${error.message}`);
    });
  const parameters = new URLSearchParams();
  for (const [name, value] of form) {
    if (typeof value !== 'string')
      throw notImplemented('External tables (files in a multipart body) are not supported');
    parameters.append(name, value);
  }
  return parameters;
}
