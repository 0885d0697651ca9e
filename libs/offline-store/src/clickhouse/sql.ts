/** A name in SQL, quoted. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** A text in SQL, quoted. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Names in SQL, quoted, with commas between. */
export function identifiers(names: readonly string[]): string {
  return names.map(identifier).join(', ');
}
