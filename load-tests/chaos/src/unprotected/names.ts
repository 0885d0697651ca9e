import type { Source } from '../load/events.ts';

/** The hash in which the control keeps the newest rows of a view, by key. */
export function onlineKey(source: Source): string {
  return `unprotected:${source}`;
}

/** The table in which the control keeps the events of a source. */
export function tableName(source: Source): string {
  return `unprotected_features_${source}`;
}
