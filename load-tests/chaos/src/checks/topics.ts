import { featureTopic, topics } from '@millrace/events';
import { views } from '../load/definitions.ts';

/** Topics of views, which both stores have. */
export const viewTopics: readonly string[] = views.map(({ name }) => featureTopic(name));
/** Every topic that the load writes. */
export const loadTopics: readonly string[] = [...viewTopics, topics.predictions.name, topics.labels.name];
