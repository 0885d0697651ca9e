import { pointInTimeOracle } from '@millrace/testing/point-in-time';
import { expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { noHistory } from '../core/history.ts';
import { Scheduler } from '../core/scheduler.ts';
import { SimulatedLog } from '../log/simulated-log.ts';
import { topics } from './definitions.ts';
import { planEvents } from './generate.ts';
import { newestRows, Producers } from './recorded.ts';

const LATEST = 4_000_000_000_000_000n;

it('the rows that are expected are those of the point-in-time rule', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const { clock } = new Scheduler(random, noHistory);
    const producers = new Producers(new SimulatedLog(clock, topics, 3), planEvents(random, 3));
    while (producers.left > 0) producers.append();
    for (const topic of topics) {
      const rows = producers.rows.filter((row) => row.topic === topic);
      const newest = newestRows(rows, () => true);
      const ids = [...new Set(rows.map(({ entity }) => entity))];
      const answers = pointInTimeOracle({
        keys: { id: 'long' },
        features: { value: 'long' },
        ttl: null,
        records: rows.map(({ entity, value, ...row }) => ({
          ...row,
          key: { id: entity },
          values: value === null ? null : { value },
        })),
        spine: ids.map((id) => ({ key: { id }, time: LATEST })),
      });
      expect(ids.map((id) => newest.get(`${topic} ${id}`)?.value ?? null)).toEqual(
        answers.map(({ value }) => value?.value ?? null),
      );
    }
  }
});
