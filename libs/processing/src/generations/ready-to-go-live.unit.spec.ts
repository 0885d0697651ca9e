import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BuildProgress, readyToGoLive, recordsLeft, targetOf } from './ready-to-go-live.ts';

type Offsets = Readonly<Record<number, bigint>>;

const offsets = (given: Offsets) =>
  new Map(Object.entries(given).map(([partition, next]) => [Number(partition), next]));

function progress(given: {
  readonly ends: Offsets;
  readonly applied: Offsets;
  readonly endsAtFirst?: Offsets;
  readonly live?: Offsets;
  readonly until?: Readonly<Record<string, bigint>>;
}): BuildProgress {
  return {
    generation: { topic: 'features.any', until: given.until ?? null },
    endsAtFirst: offsets(given.endsAtFirst ?? given.ends),
    ends: offsets(given.ends),
    live: offsets(given.live ?? {}),
    applied: offsets(given.applied),
  };
}

describe('a rebuild goes live', () => {
  it.each([
    ['all that the log has is there', progress({ ends: { 0: 5n, 1: 0n }, applied: { 0: 5n } })],
    [
      'the log has grown since, and the live generation is no further either',
      progress({ endsAtFirst: { 0: 5n }, ends: { 0: 9n }, live: { 0: 6n }, applied: { 0: 6n } }),
    ],
    [
      'what was asked for is there',
      progress({ ends: { 0: 90n }, live: { 0: 90n }, applied: { 0: 8n }, until: { 0: 7n } }),
    ],
    [
      'the live generation holds records that were cut from the log',
      progress({ ends: { 0: 5n }, live: { 0: 90n }, applied: { 0: 5n } }),
    ],
  ])('when %s', (_, given) => {
    expect(readyToGoLive([given])).toBe(true);
  });

  it.each([
    ['a partition lacks one record', progress({ ends: { 0: 5n, 1: 3n }, applied: { 0: 5n, 1: 2n } })],
    ['nothing is there yet', progress({ ends: { 0: 5n }, applied: {} })],
    [
      'the live generation is further',
      progress({ endsAtFirst: { 0: 5n }, ends: { 0: 9n }, live: { 0: 7n }, applied: { 0: 6n } }),
    ],
    [
      'of a partition that the request does not name something is missing',
      progress({ ends: { 0: 90n, 1: 4n }, applied: { 0: 8n, 1: 3n }, until: { 0: 7n } }),
    ],
    [
      'what was asked for is not in the log yet',
      progress({ ends: { 0: 5n }, applied: { 0: 5n }, until: { 0: 7n } }),
    ],
  ])('not when %s', (_, given) => {
    expect(readyToGoLive([given])).toBe(false);
  });

  it('only together with all topics of the rebuild', () => {
    const ready = progress({ ends: { 0: 5n }, applied: { 0: 5n } });
    const behind = progress({ ends: { 0: 5n }, applied: { 0: 4n } });
    expect(readyToGoLive([ready, ready])).toBe(true);
    expect(readyToGoLive([ready, behind])).toBe(false);
    expect(readyToGoLive([])).toBe(false);
  });
});

const some = fc.array(fc.bigInt({ min: 0n, max: 20n }), { minLength: 3, maxLength: 3 });
const until = fc.option(fc.dictionary(fc.constantFrom('0', '1', '2'), fc.bigInt({ min: 0n, max: 20n })), {
  nil: null,
});
const anyProgress = fc
  .record({ first: some, grown: some, live: some, applied: some, until })
  .map(({ first, grown, live, applied, until: asked }): BuildProgress => {
    const map = (values: readonly bigint[]) => new Map(values.entries());
    return {
      generation: { topic: 'features.any', until: asked },
      endsAtFirst: map(first),
      ends: map(first.map((next, partition) => next + (grown[partition] ?? 0n))),
      live: map(live),
      applied: map(applied),
    };
  });

describe('for any offsets', () => {
  it('readers lose nothing that the log still has, unless they asked for an end', () => {
    fc.assert(
      fc.property(anyProgress, (given) => {
        fc.pre(readyToGoLive([given]) && given.generation.until === null);
        for (const [partition, end] of given.ends) {
          const held = given.live.get(partition) ?? 0n;
          const applied = given.applied.get(partition) ?? 0n;
          expect(applied >= (held < end ? held : end)).toBe(true);
          expect(applied >= (given.endsAtFirst.get(partition) ?? 0n)).toBe(true);
        }
      }),
    );
  });

  it('what is applied beyond the target neither hinders nor helps another partition', () => {
    fc.assert(
      fc.property(
        anyProgress,
        fc.integer({ min: 0, max: 2 }),
        fc.bigInt({ min: 0n, max: 9n }),
        (given, at, more) => {
          const further = new Map(given.applied);
          further.set(at, (further.get(at) ?? 0n) + more);
          const target = targetOf(given);
          expect(!readyToGoLive([given]) || readyToGoLive([{ ...given, applied: further }])).toBe(true);
          expect(recordsLeft(target, further)).toBeLessThanOrEqual(recordsLeft(target, given.applied));
        },
      ),
    );
  });

  it('a generation that reaches its target is ready', () => {
    fc.assert(
      fc.property(anyProgress, (given) => {
        expect(readyToGoLive([{ ...given, applied: targetOf(given) }])).toBe(true);
      }),
    );
  });
});
