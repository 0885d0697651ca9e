import { describe, expect, it } from 'vitest';
import { describeOptions, describeRange, parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('flies 100,000 flights where nothing else is asked for', () => {
    expect(parseOptions([])).toMatchObject({
      flights: 100_000,
      step: 10,
      window: 1440,
      model: true,
      injectDrift: false,
    });
  });

  it('reads numbers, days, durations and switches', () => {
    const args = [
      '--flights',
      '5000',
      '--from',
      '2001-02-01',
      '--step=15m',
      '--window',
      '6h',
      '--inject-drift',
      '--no-model',
    ];
    expect(parseOptions(args)).toMatchObject({
      flights: 5000,
      from: Date.UTC(2001, 1, 1) / 60_000,
      step: 15,
      window: 360,
      injectDrift: true,
      model: false,
    });
  });

  it.each([
    [['--flights', 'many'], '--flights'],
    [['--from', 'yesterday'], '--from: must be a date'],
    [['--step', '10'], '--step: must be a duration'],
    [['--step', '30s'], '--step: must be a duration'],
    [['--nonsense'], 'nonsense'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});

describe('describeOptions', () => {
  it('names every option', () => {
    expect(describeOptions()).toMatch(/--flights <value> +How many flights/);
    expect(describeOptions()).toMatch(/--no-model +Score without/);
    expect(describeOptions()).toMatch(/--inject-drift +After the reference/);
  });
});

describe('describeRange', () => {
  it('says what is flown', () => {
    expect(describeRange(parseOptions(['--flights', '5000', '--from', '2001-02-01']))).toBe(
      '5,000 flights from 2001-02-01',
    );
  });
});
