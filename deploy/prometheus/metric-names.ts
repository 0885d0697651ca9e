/** What an expression of Prometheus asks for. */
export interface AskedNames {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/**
 * The metrics and labels in an expression. A name before a parenthesis is a function's; `by`, `without`, `on` and
 * `ignoring` are followed by labels, as braces hold matchers of labels.
 */
export function namesIn(expression: string): AskedNames {
  const metrics = new Set<string>();
  const labels = new Set<string>();
  let rest = expression.replaceAll(/\[[^\]]*\]/g, ' ');
  rest = rest.replaceAll(/\{([^}]*)\}/g, (_, matchers: string) => {
    for (const [, label = '', value = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)) {
      if (label === '__name__') for (const name of value.split('|')) metrics.add(name);
      else labels.add(label);
    }
    return ' ';
  });
  rest = rest.replaceAll(
    /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g,
    (_, list: string) => {
      for (const label of list.split(',')) if (label.trim() !== '') labels.add(label.trim());
      return ' ';
    },
  );
  for (const [, name = ''] of rest.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)(?!\w)(?!\s*\()/g)) {
    if (!WORDS.has(name.toLowerCase())) metrics.add(name);
  }
  return { metrics: [...metrics], labels: [...labels] };
}
