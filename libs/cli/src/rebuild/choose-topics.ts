import { MillraceError } from '@millrace/kernel';
import type { StoreName } from './rebuild-target.ts';

/** What of a store is to be rebuilt. */
export interface Choice {
  readonly views: readonly string[];
  readonly topics: readonly string[];
}

/**
 * The topics that a rebuild takes: those of the views and the topics that were named, else all of the store.
 *
 * @throws MillraceError DEFINITION_UNKNOWN, REQUEST_INVALID
 */
export function chooseTopics(
  store: StoreName,
  { views, topics }: Choice,
  known: { readonly views: ReadonlyMap<string, string>; readonly otherTopics: readonly string[] },
): readonly string[] {
  const all = [...known.views.values(), ...known.otherTopics];
  if (views.length === 0 && topics.length === 0) return all;
  const ofViews = views.map((view) => {
    const topic = known.views.get(view);
    if (topic === undefined)
      throw new MillraceError(
        'DEFINITION_UNKNOWN',
        `there is no feature view ${view}: 'millrace list views' shows them`,
      );
    return topic;
  });
  const stranger = topics.find((topic) => !all.includes(topic));
  if (stranger !== undefined) {
    throw new MillraceError(
      'REQUEST_INVALID',
      `the ${store} store does not take the topic ${stranger}; it takes ${all.join(', ')}`,
    );
  }
  return [...new Set([...ofViews, ...topics])];
}
