import { tokenize } from './tokenizer.ts';

/** The names of `{name:Type}` in a statement, outside strings and comments. */
export function placeholders(text: string): string[] {
  const tokens = [...tokenize(text)].map(({ start, end }) => text.slice(start, end));
  return tokens.filter((_, index) => tokens[index - 1] === '{' && tokens[index + 1] === ':');
}
