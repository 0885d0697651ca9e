import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { badArguments, notImplemented } from '../clickhouse-error.ts';

/** What the URL and the headers of a query request ask for. */
export type RequestOptions = {
  readonly query: string;
  readonly queryId: string;
  readonly database: string | undefined;
  readonly defaultFormat: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
  readonly session: SessionRequest | undefined;
  /** Answer only when the query has ended, with its final status. */
  readonly waitForEnd: boolean;
  /** The client takes a compressed answer by Accept-Encoding. */
  readonly compressResponse: boolean;
  readonly sendProgress: boolean;
};

/** `timeoutSeconds` counts from the end of the session's last request. */
export type SessionRequest = {
  readonly id: string;
  readonly timeoutSeconds: number;
  readonly mustExist: boolean;
  readonly closeAfter: boolean;
};

/** Parameters that are not settings. */
const reserved = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'wait_end_of_query',
  'buffer_size',
  'stacktrace',
  'compress',
  'decompress',
  'role',
]);

const maxSessionSeconds = 3600;

/** Reads a request's options. Throws 36 for a bad value, 48 for what the endpoint does not speak. */
export function parseRequestOptions(url: URLSearchParams, headers: IncomingHttpHeaders): RequestOptions {
  for (const flag of ['compress', 'decompress']) {
    if (isOn(url.get(flag))) {
      throw notImplemented(
        `${flag}=1 (ClickHouse's own block framing) is not spoken here: use Accept-Encoding and Content-Encoding`,
      );
    }
  }
  if (url.has('role')) throw notImplemented('Roles are not supported: there is one user');
  const parameters = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of url) {
    if (name.startsWith('param_')) parameters.set(name.slice('param_'.length), value);
    else if (!reserved.has(name)) settings.set(name, value);
  }
  if (url.has('session_id') && settings.has('readonly')) {
    throw notImplemented('readonly in a session is not supported: the engine could not take it back');
  }
  return {
    query: url.get('query') ?? '',
    queryId: parseQueryId(url),
    database: url.get('database') || header(headers, 'x-clickhouse-database') || undefined,
    defaultFormat: header(headers, 'x-clickhouse-format') || url.get('default_format') || undefined,
    parameters,
    settings,
    session: parseSession(url),
    waitForEnd: isOn(url.get('wait_end_of_query')) || isOn(settings.get('http_wait_end_of_query')),
    compressResponse: isOn(settings.get('enable_http_compression')),
    sendProgress: isOn(settings.get('send_progress_in_http_headers')),
  };
}

/** It goes into a header, so it must be fit for one. */
function parseQueryId(url: URLSearchParams): string {
  const id = url.get('query_id') || randomUUID();
  if (!/^[\x20-\x7e]+$/.test(id)) throw badArguments('query_id must consist of printable ASCII characters');
  return id;
}

function parseSession(url: URLSearchParams): SessionRequest | undefined {
  const id = url.get('session_id');
  if (!id) return undefined;
  const timeoutSeconds = Number(url.get('session_timeout') ?? 60);
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 0) {
    throw badArguments(`Invalid session timeout: '${url.get('session_timeout')}'`);
  }
  if (timeoutSeconds > maxSessionSeconds) {
    throw badArguments(
      `Session timeout '${timeoutSeconds}' is larger than max_session_timeout: ${maxSessionSeconds}`,
    );
  }
  return {
    id,
    timeoutSeconds,
    mustExist: isOn(url.get('session_check')),
    closeAfter: isOn(url.get('close_session')),
  };
}

function isOn(value: string | null | undefined): boolean {
  return value === '1' || value === 'true';
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
