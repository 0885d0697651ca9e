import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ClickHouseError } from '../clickhouse-error.ts';

type User = { readonly user: string; readonly password: string };

/**
 * Checks the one user's name and password: basic auth, `X-ClickHouse-User` and `-Key`, or the URL's `user` and
 * `password`. Throws 516 when they are wrong or given in two ways.
 */
export function authenticate(expected: User, headers: IncomingHttpHeaders, url: URLSearchParams): void {
  const given = readCredentials(headers, url);
  const matches = equal(given.user, expected.user) && equal(given.password, expected.password);
  if (!matches) {
    throw authenticationFailed(
      `${given.user}: Authentication failed: password is incorrect, or there is no user with such name`,
    );
  }
}

function readCredentials(headers: IncomingHttpHeaders, url: URLSearchParams): User {
  const basic = /^basic\s+(.*)$/i.exec(headers.authorization ?? '')?.[1];
  const byHeader = headers['x-clickhouse-user'] ?? headers['x-clickhouse-key'];
  if (headers.authorization !== undefined && basic === undefined) {
    throw authenticationFailed('Invalid authentication: only the Basic HTTP scheme is supported');
  }
  const byUrl = url.has('user') || url.has('password');
  if ([basic !== undefined, byHeader !== undefined, byUrl].filter(Boolean).length > 1) {
    throw authenticationFailed(
      'Invalid authentication: it is not allowed to use more than one authentication method',
    );
  }
  if (basic !== undefined) {
    const [user = '', ...password] = Buffer.from(basic, 'base64').toString('utf8').split(':');
    return { user: user || 'default', password: password.join(':') };
  }
  if (byHeader !== undefined) {
    return {
      user: single(headers['x-clickhouse-user']) || 'default',
      password: single(headers['x-clickhouse-key']),
    };
  }
  return { user: url.get('user') || 'default', password: url.get('password') ?? '' };
}

function single(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}

/** Hashed first, so that the comparison takes the same time for any length. */
function equal(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function authenticationFailed(message: string): ClickHouseError {
  return new ClickHouseError(516, 'AUTHENTICATION_FAILED', message);
}
