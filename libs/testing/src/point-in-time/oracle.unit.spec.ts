import { expect, test } from 'vitest';
import { pointInTimeCases } from './cases.ts';
import { pointInTimeOracle } from './oracle.ts';

test.each(pointInTimeCases)('case $number: $name', (question) => {
  expect(pointInTimeOracle(question)).toEqual(question.expected);
});

test('every one of the first 18 cases is there', () => {
  expect(new Set(pointInTimeCases.map(({ number }) => number)).size).toBe(18);
});
