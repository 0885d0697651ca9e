import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenize } from './tokenizer.ts';

const texts = (sql: string) => [...tokenize(sql)].map(({ start, end }) => sql.slice(start, end));

describe('tokenize', () => {
  it('skips comments of every kind', () => {
    expect(texts('SELECT -- FORMAT x\n1 /* ; INSERT */ + 2 #! c\n, 3')).toEqual([
      'SELECT',
      '1',
      '+',
      '2',
      ',',
      '3',
    ]);
  });

  it('keeps quoted text together, with escapes and doubled quotes', () => {
    expect(texts(`'it''s' 'a\\'b' \`x\`\`y\` "z;"`)).toEqual(["'it''s'", "'a\\'b'", '`x``y`', '"z;"']);
  });

  it('keeps heredocs together', () => {
    expect(texts('SELECT $doc$ FORMAT ; $doc$ x')).toEqual(['SELECT', '$doc$ FORMAT ; $doc$', 'x']);
  });

  it('counts brackets', () => {
    const depths = [...tokenize('f(a[1], {p:Int8})')].map(({ depth }) => depth);
    expect(depths).toEqual([0, 0, 1, 1, 2, 1, 1, 1, 2, 2, 2, 1, 0]);
  });

  it('comes to an end for any text, with tokens in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const tokens = [...tokenize(text)];
        const ends = [0, ...tokens.map((token) => token.end)];
        const inOrder = tokens.every(({ start, end }, index) => start >= (ends[index] ?? 0) && end > start);
        expect(inOrder && (ends.at(-1) ?? 0) <= text.length).toBe(true);
      }),
    );
  });
});
