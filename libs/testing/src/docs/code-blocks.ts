/** A fenced block of a Markdown text. */
export interface CodeBlock {
  readonly language: string;
  /** What stands after the language: the name of a file. */
  readonly file: string | undefined;
  readonly text: string;
}

/** The fenced blocks of a Markdown text that name a language, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(
    ([, language = '', file, text = '']) => ({
      language,
      file,
      text,
    }),
  );
}
