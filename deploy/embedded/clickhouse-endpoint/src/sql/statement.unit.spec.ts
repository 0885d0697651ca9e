import { describe, expect, it } from 'vitest';
import { parseStatement } from './statement.ts';

describe('parseStatement', () => {
  it.each([
    ['SELECT 1', 'SELECT 1', undefined, ''],
    ['SELECT 1;', 'SELECT 1', undefined, ''],
    ['SELECT 1 FORMAT JSON', 'SELECT 1', 'JSON', ''],
    ['select 1 format JSONEachRow ; ', 'select 1', 'JSONEachRow', ''],
    ['SELECT 1 FORMAT CSV SETTINGS max_threads = 1', 'SELECT 1', 'CSV', ' SETTINGS max_threads = 1'],
    ['SELECT 1 SETTINGS max_threads = 1 FORMAT CSV', 'SELECT 1 SETTINGS max_threads = 1', 'CSV', ''],
    ['SELECT 1 -- FORMAT CSV', 'SELECT 1', undefined, ''],
    ['SELECT 1 /* ; */ FORMAT CSV -- end', 'SELECT 1', 'CSV', ''],
    ["SELECT ' FORMAT CSV'", "SELECT ' FORMAT CSV'", undefined, ''],
    ['SELECT format FROM t', 'SELECT format FROM t', undefined, ''],
    ["SELECT format('{}', x) AS format", "SELECT format('{}', x) AS format", undefined, ''],
    ['SELECT (SELECT 1 AS format)', 'SELECT (SELECT 1 AS format)', undefined, ''],
    [
      'SELECT 1 AS x, 2 AS format ORDER BY format',
      'SELECT 1 AS x, 2 AS format ORDER BY format',
      undefined,
      '',
    ],
  ])('splits %j', (text, body, format, tail) => {
    expect(parseStatement(text)).toMatchObject({ body, format, tail });
  });

  it.each([
    ['SELECT 1', true],
    ['/* c */ with 1 as x select x', true],
    ['(SELECT 1) UNION ALL (SELECT 2)', true],
    ['FROM t SELECT 1', true],
    ['SHOW TABLES', false],
    ['DESCRIBE TABLE t', false],
    ['EXPLAIN SELECT 1', false],
    ['CREATE TABLE t AS SELECT 1', false],
    ['INSERT INTO t SELECT 1', false],
    ['SELECT 1 INTO OUTFILE $$x$$', false],
  ])('knows whether %j streams', (text, streams) => {
    expect(parseStatement(text).streams).toBe(streams);
  });

  it.each([
    ['SELECT 1; SELECT 2', true],
    ['SELECT 1;; ', false],
    ["SELECT ';', 2 -- ; ", false],
  ])('knows whether %j is several statements', (text, isMultiple) => {
    expect(parseStatement(text).isMultiple).toBe(isMultiple);
  });

  it('finds files on the server side', () => {
    expect(parseStatement("SELECT 1 INTO OUTFILE 'x'").writesOutfile).toBe(true);
    expect(parseStatement("INSERT INTO t FROM INFILE 'x' FORMAT CSV").readsInfile).toBe(true);
    expect(parseStatement("SELECT 'INTO OUTFILE'").writesOutfile).toBe(false);
  });

  it('has no keyword for an empty text', () => {
    expect(parseStatement(' -- nothing').keyword).toBe('');
  });
});
