import { describe, expect, it } from 'vitest';
import { authenticate } from './credentials.ts';

const expected = { user: 'analyst', password: 'pass:word' };
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
const check =
  (headers: Record<string, string>, url = '') =>
  () =>
    authenticate(expected, headers, new URLSearchParams(url));

describe('authenticate', () => {
  it('takes basic auth, headers and the URL', () => {
    expect(check(basic('analyst:pass:word'))).not.toThrow();
    expect(check({ 'x-clickhouse-user': 'analyst', 'x-clickhouse-key': 'pass:word' })).not.toThrow();
    expect(check({}, 'user=analyst&password=pass%3Aword')).not.toThrow();
  });

  it.each([
    ['nothing', {}, ''],
    ['a wrong password', basic('analyst:password'), ''],
    ['a wrong user', basic('default:pass:word'), ''],
    ['another scheme', { authorization: 'Bearer analyst' }, ''],
    ['two ways at once', basic('analyst:pass:word'), 'user=analyst&password=pass%3Aword'],
  ])('refuses %s', (_, headers, url) => {
    expect(check({ ...headers }, url)).toThrow(expect.objectContaining({ code: 516 }));
  });

  it('takes the default user without a password when that is who is expected', () => {
    const open = { user: 'default', password: '' };
    expect(() => authenticate(open, {}, new URLSearchParams())).not.toThrow();
  });
});
