import { describe, expect, it } from 'vitest';
import { parseInsert } from './insert.ts';

const dataOf = (text: string) => {
  const insert = parseInsert(text);
  return insert.kind === 'plain-insert' ? undefined : text.slice(insert.dataStart);
};

describe('parseInsert', () => {
  it.each([
    ['INSERT INTO t FORMAT CSV\n1,2\n', 'INSERT INTO t', '', 'CSV', '1,2\n'],
    ['INSERT INTO t FORMAT CSV 1,2', 'INSERT INTO t', '', 'CSV', '1,2'],
    ['INSERT INTO t FORMAT TSV \r\n\t\t\n', 'INSERT INTO t', '', 'TSV', '\t\t\n'],
    ['INSERT INTO t FORMAT RowBinary\n\n\x00', 'INSERT INTO t', '', 'RowBinary', '\n\x00'],
    [
      'insert into db.t (a, `b c`) format JSONEachRow {"a":1}',
      'insert into db.t (a, `b c`)',
      '',
      'JSONEachRow',
      '{"a":1}',
    ],
    ['INSERT INTO t VALUES (1), (2)', 'INSERT INTO t', '', 'Values', ' (1), (2)'],
    ['INSERT INTO TABLE t (* EXCEPT(b)) VALUES(1)', 'INSERT INTO TABLE t (* EXCEPT(b))', '', 'Values', '(1)'],
    [
      'INSERT INTO t SETTINGS a = 1, b = 2 FORMAT CSV\nx',
      'INSERT INTO t',
      ' SETTINGS a = 1, b = 2',
      'CSV',
      'x',
    ],
    ['INSERT INTO t(a) SETTINGS a = 1 VALUES (1)', 'INSERT INTO t(a)', ' SETTINGS a = 1', 'Values', ' (1)'],
    [
      "INSERT INTO FUNCTION file('x', 'CSV', 'a Int8') FORMAT CSV\n1",
      "INSERT INTO FUNCTION file('x', 'CSV', 'a Int8')",
      '',
      'CSV',
      '1',
    ],
    ['INSERT INTO {table:Identifier} FORMAT CSV\n1', 'INSERT INTO {table:Identifier}', '', 'CSV', '1'],
    [
      '/* to FORMAT X */ INSERT INTO t -- VALUES\n FORMAT CSV\n1',
      '/* to FORMAT X */ INSERT INTO t',
      '',
      'CSV',
      '1',
    ],
    ['INSERT INTO values VALUES (1)', 'INSERT INTO values', '', 'Values', ' (1)'],
    ['INSERT INTO t FORMAT Values (1)', 'INSERT INTO t', '', 'Values', '(1)'],
  ])('splits %j', (text, head, settings, format, data) => {
    expect(parseInsert(text)).toMatchObject({ kind: 'data-insert', head, settings, format });
    expect(dataOf(text)).toBe(data);
  });

  it.each([
    'INSERT INTO t SELECT 1',
    'INSERT INTO t (a) WITH 1 AS x SELECT x',
    'INSERT INTO t (SELECT 1)',
    'INSERT INTO t ((SELECT 1))',
    "INSERT INTO t SETTINGS a = 1 SELECT input, 'input(1) FORMAT CSV' FROM u",
    "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
    'INSERT INTO t; DROP TABLE t',
    'INSERT INTO t (a)',
    'INSERT INTO t FORMAT',
    "INSERT INTO t SELECT * FROM input('a Int8')",
    "INSERT INTO t SELECT 1; INSERT INTO t SELECT * FROM input('a Int8') FORMAT CSV",
  ])('gives %j to the engine as it is', (text) => {
    expect(parseInsert(text)).toEqual({ kind: 'plain-insert' });
  });

  it('finds input() with its structure and its data', () => {
    const text = "INSERT INTO t SELECT lower(a) FROM input( 'a String' ) WHERE a != '' FORMAT CSV\nX\n";
    expect(parseInsert(text)).toMatchObject({
      kind: 'input-insert',
      before: 'INSERT INTO t SELECT lower(a) FROM ',
      structure: "'a String'",
      after: " WHERE a != ''",
      format: 'CSV',
    });
    expect(dataOf(text)).toBe('X\n');
  });
});
