import { MillraceError } from '@millrace/kernel';
import type { Generation } from '@millrace/processing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chooseTopics } from './choose-topics.ts';
import { outcomeOf } from './outcome.ts';
import { summaryOf, summaryText } from './summary.ts';
import { checkEnds, parseEnds } from './to-offset.ts';

const known = {
  views: new Map([
    ['departures', 'features.departures'],
    ['weather', 'features.weather'],
  ]),
  otherTopics: ['predictions'],
};

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof MillraceError ? `${error.code}: ${error.message}` : String(error);
  }
}

describe('the topics of a rebuild', () => {
  it('are all of the store when nothing is named', () => {
    expect(chooseTopics('offline', { views: [], topics: [] }, known)).toEqual([
      'features.departures',
      'features.weather',
      'predictions',
    ]);
  });

  it('are those that are named, each once', () => {
    const chosen = { views: ['weather'], topics: ['predictions', 'features.weather'] };
    expect(chooseTopics('offline', chosen, known)).toEqual(['features.weather', 'predictions']);
  });

  it.each([
    [{ views: ['wether'], topics: [] }, /^DEFINITION_UNKNOWN: there is no feature view wether/],
    [
      { views: [], topics: ['labels'] },
      /^REQUEST_INVALID: the offline store does not take the topic labels; it takes /,
    ],
  ])('cannot be %j', (choice, problem) => {
    expect(codeOf(() => chooseTopics('offline', choice, known))).toMatch(problem);
  });
});

describe('the end of a rebuild', () => {
  const spans = new Map([['features.a', [{ partition: 0, first: 0n, next: 10n }]]]);

  it('is an offset for each partition that is named', () => {
    const ends = parseEnds('features.a/0=9, features.b/03=12345678901');
    expect([...ends]).toEqual([
      ['features.a', { 0: 9n }],
      ['features.b', { 3: 12_345_678_901n }],
    ]);
    expect(codeOf(() => checkEnds(parseEnds('features.a/0=9'), spans))).toBeUndefined();
  });

  it.each([
    ['features.a', /must be topic\/partition=offset/],
    ['features.a/0=x', /must be topic\/partition=offset/],
    ['features.a/0=1,features.a/0=2', /named twice/],
    ['features.a/0=10', /must not lie beyond the log's end: features\.a\/0 ends with offset 9/],
    ['features.a/7=1', /has no partition 7/],
    ['features.b/0=1', /features\.b is not rebuilt here/],
  ])('cannot be %s', (text, problem) => {
    expect(codeOf(() => checkEnds(parseEnds(text), spans))).toMatch(problem);
  });
});

const generation = (number: number, state: Generation['state'], since = 0n): Generation => ({
  topic: 'features.a',
  number,
  state,
  rebuild: 'r',
  until: null,
  since,
});

/** What a store says, written as `1 retired, 2 live`. */
function said(states: string): readonly Generation[] {
  return [...states.matchAll(/(\d) (\w+)/g)].map(([, number, state]) =>
    generation(Number(number), z.enum(['building', 'live', 'retired']).parse(state)),
  );
}

describe('what became of a generation', () => {
  it.each([
    { outcome: 'building', states: '1 live, 2 building' },
    { outcome: 'live', states: '1 retired, 2 live' },
    { outcome: 'live', states: '2 retired, 3 live' },
    { outcome: 'live', states: '5 live' },
    { outcome: 'givenUp', states: '1 live, 2 retired' },
    { outcome: 'givenUp', states: '1 live' },
    { outcome: 'lost', states: '' },
  ])('is $outcome after $states', ({ outcome, states }) => {
    expect(outcomeOf({ topic: 'features.a', number: 2 }, said(states))).toBe(outcome);
  });
});

it('sums up from the request to the switch', () => {
  const topics = [{ topic: 'features.a', generation: 2, total: 3_000, done: 3_000 }];
  const asked = [generation(2, 'building', 1_000_000n)];
  const summary = summaryOf('online', topics, asked, [generation(2, 'live', 3_000_000n)]);
  expect(summary).toMatchObject({ events: 3_000, seconds: 2, rate: 1_500 });
  expect(summaryText(summary)).toBe(
    'The online store is rebuilt and live: 3,000 events of 1 topic in 2 s, 1,500 events/s.',
  );
});
