import type { Random } from '../random.ts';

const YEAR_1 = -62_135_596_800_000_000n;
/** Long before any clock that may record the event. */
const PAST = 1_700_000_000_000_000n;

/** What every event carries, within the rules. */
export function envelope(random: Random) {
  return {
    eventId: random.uuid(),
    eventTime: random.pick([PAST, PAST + BigInt(random.int(0, 1_000_000_000)), 0n, -1n, YEAR_1]),
    producer: {
      service: random.pick(['fuzz', '', 'ü✈']),
      version: random.pick([null, '1']),
      commit: random.pick([null, 'abc']),
    },
    traceparent: random.pick([null, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']),
  };
}
