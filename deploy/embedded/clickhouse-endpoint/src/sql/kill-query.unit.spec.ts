import { describe, expect, it } from 'vitest';
import { queryComment, withClientQueryId } from './kill-query.ts';

describe('withClientQueryId', () => {
  it('replaces the column, not the text in strings', () => {
    const sql = withClientQueryId("KILL QUERY WHERE query_id = 'query_id' SYNC");
    expect(sql).toMatch(/^KILL QUERY WHERE substringIndex\(.*\) = 'query_id' SYNC$/);
  });
});

describe('queryComment', () => {
  it('keeps the comment of the client behind the ids', () => {
    expect(queryComment('connection', 'query', undefined)).toBe('connection query');
    expect(queryComment('connection', 'query', 'mine')).toBe('connection query\nmine');
  });
});
