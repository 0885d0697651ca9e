import { describe, expect, it } from 'vitest';
import { featureTopic, subjectOf, topics, viewOfTopic } from './topics.ts';

describe('subjects', () => {
  it('are those of every client where a topic has one kind of event', () => {
    expect(subjectOf(topics.labels.name, 'millrace.LabelObserved')).toBe('labels-value');
    expect(subjectOf(featureTopic('departures'), 'millrace.features.departures')).toBe(
      'features.departures-value',
    );
  });

  it('tell the kinds of event of a topic apart, and leave dead letters that exist where they are', () => {
    expect(subjectOf(topics.models.name, 'millrace.ModelReleased')).toBe('models-millrace.ModelReleased');
    expect(subjectOf(topics.deadLetters.name, 'millrace.DeadLettered')).toBe('dead-letters-value');
    expect(subjectOf(topics.deadLetters.name, 'millrace.DeadLetterReplayed')).toBe(
      'dead-letters-millrace.DeadLetterReplayed',
    );
  });
});

it('the view of a topic is found again', () => {
  expect(viewOfTopic(featureTopic('departures'))).toBe('departures');
  expect(viewOfTopic('labels')).toBeUndefined();
});
