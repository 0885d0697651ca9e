import { parseFeatureReference } from '@millrace/feature-registry';
import { formatInstant } from '@millrace/kernel';
import { toJson } from './json-values.ts';
import type { LooseOnlineRow, OnlineFeature } from './online-types.ts';

const TOPIC = 'features.';

/**
 * What was read for one entity, as a prediction tells it: the vector, and, when it was read `withOrigin`, where the row
 * of each view came from.
 */
export function servedOf({ features }: Pick<LooseOnlineRow, 'features'>) {
  const views = Map.groupBy(Object.entries(features), ([name]) => parseFeatureReference(name)?.view ?? name);
  return {
    servedFeatures: Object.entries(features).map(([name, { value, status }]) => ({
      name,
      value: toJson(value),
      status,
    })),
    servedViews: [...views].map(([name, members]) =>
      servedView(
        name,
        members.map(([, feature]) => feature),
      ),
    ),
  };
}

function servedView(name: string, features: readonly OnlineFeature<unknown>[]) {
  // A row of an older schema has features and lacks others: the view's row is there when any of them is.
  const found = features.find(({ status }) => status === 'PRESENT' || status === 'NULL_VALUE');
  const shown = found ?? features.find(({ status }) => status === 'OUTSIDE_MAX_AGE') ?? features[0];
  const { eventTime, origin } = shown ?? {};
  return {
    name,
    view: origin?.topic.startsWith(TOPIC) === true ? origin.topic.slice(TOPIC.length) : name,
    status: found === undefined ? (shown?.status ?? 'NOT_FOUND') : 'PRESENT',
    ...(eventTime === undefined ? {} : { eventTime: formatInstant(eventTime) }),
    ...(origin === undefined ? {} : { partition: origin.partition, offset: origin.offset }),
  };
}
