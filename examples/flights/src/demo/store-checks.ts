import { topics } from '@millrace/events';
import { z } from 'zod';
import type { AirlineCounts } from '../app.ts';
import { LABEL } from '../definitions.ts';
import { type Check, CheckFailed, mustEqual } from './checks.ts';
import { recordsInLog, type StoredTopic, storedTopics } from './progress-of-stores.ts';
import { formatCount } from './table.ts';
import type { World } from './world.ts';

/** That analysts see what the airline sent, once, and that nothing got stuck on the way. */
export function storeChecks(world: World, sent: AirlineCounts): Check[] {
  const rowsSent = [sent.airportRows, sent.routeRows, sent.predictions, sent.labels];
  return [
    noDeadLetters(world),
    ...storedTopics.map((topic, index) => eachEventOnce(world, topic, rowsSent[index] ?? 0)),
    labelsJoined(world, sent),
  ];
}

/** That the monitor got as far as the flights let it. */
export function windowsClosed(closed: boolean): Check {
  return {
    name: 'every window that was due is closed',
    async run() {
      if (!closed) throw new CheckFailed('the monitor stands still before a window that is due');
      return 'and its policy considered';
    },
  };
}

const countSchema = z.object({ count: z.number() });

function noDeadLetters(world: World): Check {
  return {
    name: 'no dead letters',
    async run() {
      mustEqual('dead letters in the log', await recordsInLog(world, topics.deadLetters.name), 0);
      const { count } = await world.analyst.row(countSchema, 'SELECT count() AS count FROM dead_letters_raw');
      mustEqual('dead letters in ClickHouse', count, 0);
      return 'none in the log, none in ClickHouse';
    },
  };
}

function eachEventOnce({ analyst }: World, { topic, once }: StoredTopic, sent: number): Check {
  return {
    name: `each event of ${topic} counts once`,
    async run() {
      const { count } = await analyst.row(countSchema, `SELECT count() AS count FROM ${once}`);
      mustEqual('rows that analysts see', count, sent);
      return `${formatCount(count)} rows, as many as were sent`;
    },
  };
}

function labelsJoined({ analyst }: World, { predictions }: AirlineCounts): Check {
  const sql = `SELECT count() AS count FROM predictions
    INNER JOIN labels ON labels.prediction_id = predictions.prediction_id WHERE labels.name = {name:String}`;
  return {
    name: 'every prediction has its label',
    async run() {
      const { count } = await analyst.row(countSchema, sql, { name: LABEL });
      mustEqual('predictions with a label', count, predictions);
      return `${formatCount(count)} joined`;
    },
  };
}
