const TOKEN = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|>=|<=|==|!=|=~|!~|[\w:.]+|\S/g;

/** Reads the tokens of an expression of Prometheus one after the other. */
export class TokenReader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(expression: string) {
    this.#tokens = expression.match(TOKEN) ?? [];
  }

  /** The next token, which stays the next one; empty at the end. */
  peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  next(): string {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** The next token. @throws Error when it is none of those wanted */
  take(...wanted: readonly string[]): string {
    const token = this.next();
    if (!wanted.includes(token))
      throw new Error(`${wanted.join(' or ')} was expected, not ${token} (${this.#at})`);
    return token;
  }

  /** What stands between two tokens, separated by commas. */
  list<T>(open: string, close: string, read: () => T): readonly T[] {
    const found: T[] = [];
    this.take(open);
    while (this.peek() !== close && this.peek() !== '') {
      found.push(read());
      if (this.peek() === ',') this.next();
    }
    this.take(close);
    return found;
  }

  /** @throws Error when tokens are left */
  end(): void {
    if (this.peek() !== '') throw new Error(`${this.peek()} cannot be evaluated here`);
  }
}
