/** A feature of a view or of an alias, as it is named in requests and as a column: `origin__mean_delay`. */
export function featureReference(view: string, feature: string): string {
  return `${view}__${feature}`;
}

/** Takes a feature reference apart; undefined when it is none. Names have no double underscore in them. */
export function parseFeatureReference(
  text: string,
): { readonly view: string; readonly feature: string } | undefined {
  const [view, feature, ...rest] = text.split('__');
  return view && feature && rest.length === 0 ? { view, feature } : undefined;
}
