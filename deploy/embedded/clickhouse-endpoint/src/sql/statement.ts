import { type Token, tokenize } from './tokenizer.ts';

/** A statement that is not an INSERT, split so that `INTO OUTFILE` can be put before its FORMAT. */
export type Statement = {
  /** The first keyword in capitals, empty for an empty text. */
  readonly keyword: string;
  /** Everything up to a final FORMAT clause, without trailing `;`. */
  readonly body: string;
  /** The format that the text names. */
  readonly format: string | undefined;
  /** What follows the FORMAT clause: a SETTINGS clause or nothing. */
  readonly tail: string;
  /** Whether the grammar allows `INTO OUTFILE`, that is whether it can be streamed. */
  readonly streams: boolean;
  readonly writesOutfile: boolean;
  readonly readsInfile: boolean;
  /** Whether another statement follows a `;`. */
  readonly isMultiple: boolean;
};

const streaming = new Set(['SELECT', 'WITH', 'FROM', '(']);

/** The first keyword of a text, in capitals (or its first character when it is not a word). */
export function firstKeyword(text: string): string {
  for (const token of tokenize(text)) return text.slice(token.start, token.end).toUpperCase();
  return '';
}

/** Finds the output clauses of a statement; comments and strings do not confuse it. */
export function parseStatement(text: string): Statement {
  const tokens = [...tokenize(text)];
  const wordAt = (index: number) => {
    const token = tokens[index];
    return token?.kind === 'word' && token.depth === 0
      ? text.slice(token.start, token.end).toUpperCase()
      : '';
  };
  while (isSemicolon(text, tokens.at(-1))) tokens.pop();
  const end = tokens.at(-1)?.end ?? 0;
  const keyword = firstKeyword(text);
  const formatIndex = findFormat(tokens, wordAt);
  const clause = tokens[formatIndex];
  const name = tokens[formatIndex + 1];
  const has = (first: string, second: string) =>
    tokens.some((_, index) => wordAt(index) === first && wordAt(index + 1) === second);
  const writesOutfile = has('INTO', 'OUTFILE');
  return {
    keyword,
    body: text.slice(0, clause ? tokens[formatIndex - 1]?.end : end),
    format: name && clause ? text.slice(name.start, name.end) : undefined,
    tail: name && clause ? text.slice(name.end, end) : '',
    streams: streaming.has(keyword) && !writesOutfile,
    writesOutfile,
    readsInfile: keyword === 'INSERT' && has('FROM', 'INFILE'),
    isMultiple: tokens.some((token) => token.depth === 0 && isSemicolon(text, token)),
  };
}

/** A FORMAT clause is `FORMAT <name>` at the end or before SETTINGS; a column may be called format too. */
function findFormat(tokens: readonly Token[], wordAt: (index: number) => string): number {
  for (let index = tokens.length - 2; index > 0; index -= 1) {
    if (wordAt(index) !== 'FORMAT') continue;
    const follows = wordAt(index + 2);
    if (wordAt(index + 1) !== '' && (index + 2 === tokens.length || follows === 'SETTINGS')) return index;
  }
  return -1;
}

function isSemicolon(text: string, token: Token | undefined): boolean {
  return token !== undefined && text.slice(token.start, token.end) === ';';
}
