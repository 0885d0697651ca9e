import { type Random, randomOf } from '../random.ts';
import { type EventKind, goodRecord, type MadeRecord } from './event-kind.ts';
import { extremePayload, isLifecycle } from './lifecycle-kinds.ts';
import { type Malform, malformations, mutations, type Surroundings } from './malformations.ts';

/** What has to become of a record: a row in every store that takes its topic, a dead letter, or one of both. */
export type Expectation = 'row' | 'letter' | 'either';

/** A record, and what has to become of it. */
export interface PlannedRecord extends MadeRecord {
  readonly topic: string;
  readonly what: string;
  readonly expected: Expectation;
}

const GOOD_SHARE = 0.3;
const EITHER_SHARE = 0.15;
/** Of the records that could be large, so many are: a run of 100,000 is to fit a small disk. */
const LARGE_SHARE = 0.01;

/** Records without end, the same for the same seed: good ones, malformed ones, and some that may be either. */
export function* planRecords(seed: number, around: Surroundings): Generator<PlannedRecord> {
  const random = randomOf(seed);
  const malforms = entries(malformations);
  const mutates = entries(mutations);
  for (let number = 1; ; number += 1) {
    const kind = random.pick(around.kinds);
    const good = goodRecord(kind, random, number);
    const share = random.next();
    if (share < GOOD_SHARE) {
      yield { ...withOddKey(good, kind, random), topic: kind.topic, what: 'good', expected: 'row' };
      continue;
    }
    if (share < GOOD_SHARE + EITHER_SHARE) {
      yield { ...either(good, kind, random, mutates, around), topic: kind.topic };
      continue;
    }
    const [what, malform] = random.pick(malforms);
    if (what.startsWith('large') && !random.chance(LARGE_SHARE)) continue;
    const value = malform(good.value, kind, random, around);
    if (value === undefined) continue;
    const { key, partition } = withOddKey(good, kind, random);
    yield { key, partition, value, topic: kind.topic, what, expected: 'letter' };
  }
}

type Entries = readonly [readonly [string, Malform], ...(readonly [string, Malform])[]];

function entries(all: Readonly<Record<string, Malform>>): Entries {
  const [first, ...rest] = Object.entries(all);
  if (first === undefined) throw new Error('there is nothing to choose from');
  return [first, ...rest];
}

function either(
  good: MadeRecord & { readonly value: Buffer },
  kind: EventKind,
  random: Random,
  mutates: Entries,
  around: Surroundings,
): MadeRecord & Pick<PlannedRecord, 'what' | 'expected'> {
  const { key, partition } = good;
  if (isLifecycle(kind.name) && random.chance(0.5)) {
    const payload = extremePayload(kind.name, kind.type, random);
    return {
      key,
      partition,
      value: Buffer.concat([good.value.subarray(0, 5), payload]),
      what: 'extreme',
      expected: 'either',
    };
  }
  const [what, mutate] = random.pick(mutates);
  return {
    key,
    partition,
    value: mutate(good.value, kind, random, around) ?? good.value,
    what,
    expected: 'either',
  };
}

/** A record's key only chooses its partition; what it holds is nobody's business but the producer's. */
function withOddKey<R extends MadeRecord>(record: R, kind: EventKind, random: Random): R {
  if (!random.chance(0.1)) return record;
  const key = random.pick([null, Buffer.alloc(0), random.bytes(8), Buffer.alloc(10_000, 1)]);
  return { ...record, key, partition: random.int(0, kind.partitions - 1) };
}
