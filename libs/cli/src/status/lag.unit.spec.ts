import { expect, it } from 'vitest';
import { topicLag } from './lag.ts';

const spans = [
  { partition: 0, first: 0n, next: 10n },
  { partition: 1, first: 2n, next: 5n },
];

it('counts the records that a store does not have', () => {
  const offline = [{ topic: 'features.a', generation: 1, epoch: 0, partition: 0, next: 10n }];
  expect(topicLag('features.a', spans, { 'features.a': { 0: 7n, 1: 4n } }, offline)).toEqual({
    topic: 'features.a',
    records: 13n,
    onlineLag: 2n,
    offlineLag: 3n,
  });
});

it('tells nothing of a store that did not answer, or that does not take the topic', () => {
  expect(topicLag('features.a', spans, undefined, undefined)).toMatchObject({
    onlineLag: null,
    offlineLag: null,
  });
  expect(topicLag('labels', spans, {}, [])).toMatchObject({ onlineLag: null, offlineLag: 13n });
});
