/**
 * A token of a ClickHouse statement. Offsets are into the text given; `depth` counts open brackets of any kind.
 * A `word` is a bare identifier or keyword, `quoted` an identifier in backquotes or double quotes.
 */
export type Token = {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'punctuation';
  readonly start: number;
  readonly end: number;
  readonly depth: number;
};

const space = /[ \t\r\n\f\v\0]*/y;
const lineComment = /(?:--|#!|# )[^\n]*/y;
const blockCommentStart = /\/\*/y;
const heredoc = /\$([A-Za-z0-9_]*)\$/y;
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const number = /\d[A-Za-z0-9_]*(?:\.\d*)?/y;

/** Yields tokens one by one: the data that follows an INSERT must not be read as SQL. */
export function* tokenize(text: string): Generator<Token> {
  let position = 0;
  let depth = 0;
  while (true) {
    position = skipBlanks(text, position);
    if (position >= text.length) return;
    const start = position;
    const character = text.charAt(position);
    const match = (pattern: RegExp) => {
      pattern.lastIndex = position;
      return pattern.exec(text);
    };
    const found = match(word) ?? match(number);
    const document = found ? null : match(heredoc);
    if (found) {
      position += found[0].length;
      yield { kind: /^\d/.test(found[0]) ? 'number' : 'word', start, end: position, depth };
    } else if (character === "'" || character === '`' || character === '"') {
      position = endOfQuoted(text, position, character);
      yield { kind: character === "'" ? 'string' : 'quoted', start, end: position, depth };
    } else if (document) {
      const close = text.indexOf(document[0], position + document[0].length);
      position = close < 0 ? text.length : close + document[0].length;
      yield { kind: 'string', start, end: position, depth };
    } else {
      if (')]}'.includes(character)) depth -= 1;
      position += 1;
      yield { kind: 'punctuation', start, end: position, depth };
      if ('([{'.includes(character)) depth += 1;
    }
  }
}

function skipBlanks(text: string, from: number): number {
  let position = from;
  while (true) {
    const before = position;
    for (const pattern of [space, lineComment]) {
      pattern.lastIndex = position;
      position += pattern.exec(text)?.[0].length ?? 0;
    }
    blockCommentStart.lastIndex = position;
    if (blockCommentStart.test(text)) {
      const close = text.indexOf('*/', position + 2);
      position = close < 0 ? text.length : close + 2;
    }
    if (position === before) return position;
  }
}

/** Backslash escapes, and a doubled quote stands for one. */
function endOfQuoted(text: string, start: number, quote: string): number {
  let position = start + 1;
  while (position < text.length) {
    const character = text.charAt(position);
    if (character === '\\') position += 2;
    else if (character !== quote) position += 1;
    else if (text.charAt(position + 1) === quote) position += 2;
    else return position + 1;
  }
  return text.length;
}
