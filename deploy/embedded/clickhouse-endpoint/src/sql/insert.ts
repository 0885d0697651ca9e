import { type Token, tokenize } from './tokenizer.ts';

/**
 * An INSERT whose rows follow as data.
 *
 * The engine runs `head FROM INFILE '…' settings FORMAT format`; the data begins at `dataStart` of the text.
 */
export type DataInsert = {
  readonly kind: 'data-insert';
  readonly head: string;
  readonly settings: string;
  readonly format: string;
  readonly dataStart: number;
};

/** `INSERT … SELECT … FROM input('structure') FORMAT …`: the data is read where `input(…)` stands. */
export type InputInsert = {
  readonly kind: 'input-insert';
  /** The statement before `input(`, its argument, and what follows its bracket up to FORMAT. */
  readonly before: string;
  readonly structure: string;
  readonly after: string;
  readonly format: string;
  readonly dataStart: number;
};

/** An INSERT that the engine runs as it is: `INSERT … SELECT`, `FROM INFILE`. */
export type PlainInsert = { readonly kind: 'plain-insert' };

export type Insert = DataInsert | InputInsert | PlainInsert;

/** Parses the text after the keyword INSERT was seen as the first token. */
export function parseInsert(text: string): Insert {
  const tokens = new Cursor(text);
  tokens.next();
  if (tokens.isWord('INTO')) tokens.next();
  if (tokens.isWord('TABLE')) tokens.next();
  if (tokens.isWord('FUNCTION')) tokens.next();
  skipTarget(tokens);
  if (tokens.isWord('PARTITION')) {
    while (tokens.current && !tokens.isWord('SETTINGS', 'FORMAT', 'VALUES', 'SELECT', 'WITH')) tokens.next();
  }
  const headEnd = tokens.previousEnd;
  if (tokens.isWord('SETTINGS')) {
    while (
      tokens.current &&
      !tokens.isWord('FORMAT', 'VALUES', 'SELECT', 'WITH', 'FROM') &&
      !tokens.isPunctuation(';')
    ) {
      tokens.next();
    }
  }
  const head = text.slice(0, headEnd);
  const settings = text.slice(headEnd, tokens.previousEnd);
  if (tokens.isWord('VALUES')) {
    const dataStart = tokens.current?.end ?? text.length;
    return { kind: 'data-insert', head, settings, format: 'Values', dataStart };
  }
  if (tokens.isWord('FORMAT')) {
    tokens.next();
    const data = formatAndData(tokens);
    return data ? { kind: 'data-insert', head, settings, ...data } : { kind: 'plain-insert' };
  }
  return findInput(tokens) ?? { kind: 'plain-insert' };
}

/** `a.b`, `{name:Identifier}`, `f(…)`, and a column list in brackets. */
function skipTarget(tokens: Cursor): void {
  while (true) {
    if (tokens.isPunctuation('{')) tokens.skipBrackets();
    else tokens.next();
    if (!tokens.isPunctuation('.')) break;
    tokens.next();
  }
  while (tokens.isPunctuation('(')) {
    const bracket = tokens.current?.end ?? 0;
    if (startsWithSelect(tokens.text, bracket)) return;
    tokens.skipBrackets();
  }
}

function startsWithSelect(text: string, from: number): boolean {
  for (const token of tokenize(text.slice(from))) {
    const word = text.slice(from + token.start, from + token.end).toUpperCase();
    if (word === '(') continue;
    return word === 'SELECT' || word === 'WITH';
  }
  return false;
}

function findInput(tokens: Cursor): InputInsert | undefined {
  const { text } = tokens;
  while (tokens.current) {
    const inputStart = tokens.current.start;
    if (tokens.isPunctuation(';')) return undefined;
    if (!tokens.isAnyWord('INPUT')) {
      tokens.next();
      continue;
    }
    tokens.next();
    if (!tokens.isAnyPunctuation('(')) continue;
    const open = tokens.current?.end ?? 0;
    tokens.skipBrackets();
    const closed = tokens.previousEnd;
    const structure = text.slice(open, closed - 1).trim();
    while (tokens.current && !tokens.isWord('FORMAT')) tokens.next();
    const parts = {
      before: text.slice(0, inputStart),
      structure,
      after: text.slice(closed, tokens.previousEnd),
    };
    tokens.next();
    const data = formatAndData(tokens);
    return data && { kind: 'input-insert', ...parts, ...data };
  }
  return undefined;
}

/**
 * Where the rows begin: after blanks on the line of FORMAT and one line end, as ClickHouse's parser has it.
 * More must not be skipped: rows of a text format may begin with blanks, binary ones with any byte.
 */
function formatAndData(tokens: Cursor): { format: string; dataStart: number } | undefined {
  const token = tokens.current;
  if (token?.kind !== 'word') return undefined;
  const blanks = /[ \t\f]*\r?\n?/y;
  blanks.lastIndex = token.end;
  const length = blanks.exec(tokens.text)?.[0].length ?? 0;
  return { format: tokens.text.slice(token.start, token.end), dataStart: token.end + length };
}

class Cursor {
  readonly text: string;
  current: Token | undefined;
  previousEnd = 0;
  readonly #tokens: Generator<Token>;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokenize(text);
    this.current = this.#tokens.next().value ?? undefined;
  }

  next(): void {
    this.previousEnd = this.current?.end ?? this.previousEnd;
    this.current = this.#tokens.next().value ?? undefined;
  }

  skipBrackets(): void {
    const depth = this.current?.depth ?? 0;
    this.next();
    while (this.current && this.current.depth > depth) this.next();
    this.next();
  }

  isWord(...words: string[]): boolean {
    return this.current?.depth === 0 && this.isAnyWord(...words);
  }

  isAnyWord(...words: string[]): boolean {
    const token = this.current;
    if (token?.kind !== 'word') return false;
    return words.includes(this.text.slice(token.start, token.end).toUpperCase());
  }

  isPunctuation(character: string): boolean {
    return this.current?.depth === 0 && this.isAnyPunctuation(character);
  }

  isAnyPunctuation(character: string): boolean {
    const token = this.current;
    return token?.kind === 'punctuation' && this.text.charAt(token.start) === character;
  }
}
