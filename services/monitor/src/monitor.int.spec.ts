import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { formatInstant, type Running } from '@millrace/kernel';
import { asOfKey, newEventId, packPosition, topics } from '@millrace/events';
import { uniqueName } from '@millrace/testing';
import { monitorAnswer, retrainingAnswer, watermarkAnswer, windowAnswer } from './answers.ts';
import { clickHouseTime, place, type PlacedRow, type TestRow } from './testing/flights-view.ts';
import { type MonitorWorld, openMonitorWorld, type TestMonitor } from './testing/monitor-world.ts';

const DAY = 86_400_000_000n;
const HOUR = DAY / 24n;
const START = 11_323n * DAY; // 2001-01-01
const day = (number: number, hours = 0) => START + BigInt(number) * DAY + BigInt(hours) * HOUR;

/** How long progress is waited for on a busy machine. */
const PATIENCE = { timeout: 90_000, interval: 50 };
const windowsAnswer = z.object({ windows: z.array(windowAnswer) });
const watermarks = z.object({ watermarks: z.array(watermarkAnswer) });
const monitorsAnswer = z.object({ monitors: z.array(monitorAnswer) });
const requestsAnswer = z.object({ requests: z.array(retrainingAnswer) });

let running: Running<MonitorWorld>;
let world: MonitorWorld;
beforeAll(async () => {
  running = await openMonitorWorld();
  world = running.value;
});
afterAll(() => running.stop());

const AIRPORTS = ['SFO', 'JFK', 'ORD', 'LAX'];

/** Rows of some days; from the day of drift on, delays are long and carriers new. */
function rowsOf(days: readonly number[], driftFrom: number, label = ''): readonly TestRow[] {
  return days.flatMap((number) =>
    Array.from({ length: 240 }, (_, index): TestRow => {
      const drifted = number >= driftFrom;
      return {
        id: `${label}${number}/${index}`,
        airport: AIRPORTS[index % 4] ?? 'SFO',
        eventTime: day(number) + (BigInt(index) * DAY) / 240n,
        deleted: false,
        delay: ((index * 7919) % 60) + (drifted ? 90 : 0),
        departures: BigInt((index * 31) % 50),
        carrier: drifted ? 'NEW' : (['AA', 'UA', 'DL'][index % 3] ?? 'AA'),
        isHub: index % 2 === 0,
        gates: index % 5 === 0 ? null : [index],
      };
    }),
  );
}

async function started(monitors: readonly unknown[]): Promise<TestMonitor> {
  const monitor = await world.start(monitors);
  onTestFinished(() => monitor.stop());
  return monitor.value;
}

const closed = (monitor: TestMonitor, name: string, through: bigint) =>
  vi.waitFor(async () => expect(await monitor.closedThrough(name)).toBe(through), {
    timeout: 90_000,
    interval: 50,
  });

describe('the monitor, on real Kafka and ClickHouse', () => {
  const name = uniqueName('delays');
  const model = uniqueName('late_arrival');
  let placed: readonly PlacedRow[];

  const options = () => ({
    name,
    subjectKind: 'feature-view',
    subject: world.view,
    windowSize: '1d',
    allowedLateness: '1h',
    reference: { firstWindows: 3 },
    policy: { name: 'drift', model, share: 0.4, cooldown: '2d' },
  });
  const windowsOf = async (monitor: TestMonitor, query = '') =>
    (await monitor.get(`/v1/windows?monitor=${name}${query}`, windowsAnswer)).windows;

  it('closes windows in event time, finds the drift and asks for retraining', async () => {
    placed = place(rowsOf([0, 1, 2, 3, 4, 5, 6, 7, 8], 6), 2);
    await world.apply(placed);
    const monitor = await started([options()]);
    await closed(monitor, name, day(8));

    const windows = await windowsOf(monitor);
    expect(windows.map(({ windowStart, revision, rows }) => [windowStart, revision, rows])).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((number) => [formatInstant(day(number)), 1, 240]),
    );
    expect(
      windows.map(({ features }) => features.filter(({ drifted }) => drifted).map((feature) => feature.name)),
    ).toEqual([...[0, 1, 2, 3, 4, 5].map(() => []), ['delay', 'carrier'], ['delay', 'carrier']]);
    expect(windows[6]).toMatchObject({
      driftedShare: 0.4,
      reason: 'closed',
      change: null,
      reference: { start: formatInstant(day(0)), end: formatInstant(day(3)), rows: 720 },
    });
    const { requests } = await monitor.get(`/v1/retraining?model=${model}`, requestsAnswer);
    expect(requests).toMatchObject([
      {
        policy: 'drift',
        monitor: name,
        windowStart: formatInstant(day(6)),
        windowRevision: 1,
        driftedFeatures: ['delay', 'carrier'],
      },
    ]);
  });

  it('goes on after a restart without writing anything twice', async () => {
    const before = await world.written(name);
    const more = place([...placed.map(({ row }) => row), ...rowsOf([9], 6)], 2);
    await world.apply(more.slice(placed.length));
    placed = more;
    const monitor = await started([options()]);
    await closed(monitor, name, day(9));
    const after = await world.written(name);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.slice(before.length).map(({ windowStart, revision }) => [windowStart, revision])).toEqual([
      [day(8), 1],
    ]);
    const { requests } = await monitor.get(`/v1/retraining?model=${model}`, requestsAnswer);
    expect(requests.map(({ windowStart }) => windowStart)).toEqual([day(6), day(8)].map(formatInstant));
  });

  it('restates a window when rows come late, and says what that changed', async () => {
    const monitor = await started([options()]);
    await closed(monitor, name, day(9));
    const late = rowsOf([4], 0, 'late ');
    const more = place([...placed.map(({ row }) => row), ...late], 2);
    await world.apply(more.slice(placed.length));
    placed = more;
    await vi.waitFor(
      async () =>
        expect(
          await windowsOf(monitor, `&from=${formatInstant(day(4))}&until=${formatInstant(day(5))}`),
        ).toHaveLength(2),
      PATIENCE,
    );
    const [first, second] = await windowsOf(
      monitor,
      `&from=${formatInstant(day(4))}&until=${formatInstant(day(5))}`,
    );
    expect(first).toMatchObject({ revision: 1, rows: 240, driftedShare: 0 });
    expect(second).toMatchObject({
      revision: 2,
      reason: 'late-data',
      rows: 480,
      change: {
        previousResultHash: first?.resultHash,
        previousRows: 240,
        previousDriftedShare: 0,
        nowDrifted: ['delay', 'carrier'],
        noLongerDrifted: [],
      },
    });
    expect(await windowsOf(monitor, '&latest=true')).toHaveLength(9);
    expect(await windowsOf(monitor)).toHaveLength(10);
  });

  it('lets two instances work beside each other', async () => {
    const both = { ...options(), name: uniqueName('both') };
    const [one, other] = await Promise.all([started([both]), started([both])]);
    await Promise.all([closed(one, both.name, day(9)), closed(other, both.name, day(9))]);
    const answers = await Promise.all(
      [one, other].map((monitor) => monitor.get(`/v1/windows?monitor=${both.name}`, windowsAnswer)),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.windows.map(({ revision }) => revision)).toEqual(Array.from({ length: 9 }, () => 1));
    const ids = (await world.written(both.name)).map(({ envelope }) => envelope.eventId);
    expect(new Set(ids).size).toBe(9);
  });

  it('holds a window open while one partition is behind', async () => {
    const behind = uniqueName('behind');
    const monitor = await started([{ ...options(), name: behind, policy: null }]);
    await closed(monitor, behind, day(9));
    const more = place([...placed.map(({ row }) => row), ...rowsOf([10, 11], 6)], 2);
    const added = more.slice(placed.length);
    const watermark = async () =>
      (await monitor.get('/v1/watermarks', watermarks)).watermarks.find((each) => each.monitor === behind);
    const before = await watermark();
    await world.apply(added.filter(({ partition }) => partition === 1));
    await vi.waitFor(async () => expect((await watermark())?.positions).not.toEqual(before?.positions), {
      timeout: 90_000,
    });
    expect((await watermark())?.closedThrough).toBe(formatInstant(day(9)));
    await world.apply(added.filter(({ partition }) => partition === 0));
    await closed(monitor, behind, day(11));
    placed = more;
  });
});

describe('the monitor of a topic that is rebuilt', () => {
  const days = [0, 1, 2, 3, 4, 5];
  let other: Running<MonitorWorld>;
  beforeAll(async () => {
    other = await openMonitorWorld();
  });
  afterAll(() => other.stop());

  const openMonitor = async (name: string) => {
    const options = { name, subjectKind: 'feature-view', subject: other.value.view, allowedLateness: '1h' };
    const monitor = await other.value.start([
      { ...options, windowSize: '1d', reference: { firstWindows: 2 } },
    ]);
    onTestFinished(() => monitor.stop());
    return monitor.value;
  };

  it('goes on over the switch: nothing is restated that came out the same, and later rows count', async () => {
    const rebuilt = other.value;
    const name = uniqueName('rebuilt');
    const first = place(rowsOf(days, 99), 2);
    await rebuilt.apply(first);
    const monitor = await openMonitor(name);
    await closed(monitor, name, day(5));
    const before = await rebuilt.written(name);

    const number = await rebuilt.rebuild();
    // Cut otherwise, and not as far as the live one: the watermark goes back, the windows stay.
    await rebuilt.apply(first.slice(0, 200), number);
    await rebuilt.apply(first.slice(200, 1_300), number);
    await rebuilt.goLive(number);
    const applied = async () => {
      const found = await monitor.get('/v1/watermarks', watermarks);
      return found.watermarks.find((each) => each.monitor === name)?.positions;
    };
    const short = await applied();
    await vi.waitFor(async () => expect(await applied()).not.toEqual(short), PATIENCE);
    const more = place(
      [...first.map(({ row }) => row), ...rowsOf([6, 7], 99), ...rowsOf([3], 99, 'late ')],
      2,
    );
    await rebuilt.apply(more.slice(1_300), number);
    await closed(monitor, name, day(7));
    await vi.waitFor(async () => {
      const written = await rebuilt.written(name);
      expect(written.slice(0, before.length)).toEqual(before);
      expect(
        written.slice(before.length).map(({ windowStart, revision, rows }) => [windowStart, revision, rows]),
      ).toEqual(
        expect.arrayContaining([
          [day(5), 1, 240n],
          [day(6), 1, 240n],
          [day(3), 2, 480n],
        ]),
      );
      expect(written).toHaveLength(before.length + 3);
    }, PATIENCE);
  });
});

describe('the routes of the monitor', () => {
  it('describe themselves, and say how each monitor is set', async () => {
    const entry = {
      name: uniqueName('routes'),
      subjectKind: 'feature-view',
      subject: world.view,
      windowSize: '6h',
    };
    const monitor = await started([entry]);
    await vi.waitFor(async () => {
      const { monitors } = await monitor.get('/v1/monitors', monitorsAnswer);
      expect(monitors.find(({ name }) => name === entry.name)).toEqual({
        ...entry,
        allowedLateness: '1h',
        reference: { firstWindows: 7 },
        bins: 10,
        psiThreshold: 0.2,
        nullShareThreshold: 0.05,
        falseDiscoveryRate: 0.01,
        policy: null,
      });
    }, PATIENCE);
    const { paths } = await monitor.get(
      '/openapi.json',
      z.object({ paths: z.record(z.string(), z.unknown()) }),
    );
    expect(Object.keys(paths)).toEqual(['/v1/windows', '/v1/watermarks', '/v1/monitors', '/v1/retraining']);
    await expect(monitor.get('/v1/windows?from=yesterday', windowsAnswer)).rejects.toThrow(/400.*ISO 8601/s);
    await vi.waitFor(() => monitor.get('/health/ready', z.object({ status: z.literal('ready') })), PATIENCE);
  });
});

describe('the monitor of a model', () => {
  it('watches what was served and what was answered', async () => {
    const model = uniqueName('model');
    const rows = [0, 1, 2, 3, 4].flatMap((number) =>
      Array.from({ length: 200 }, (_, index) => prediction(model, number, index)),
    );
    await world.insert('predictions_raw_g1', rows);
    // Other tests write predictions to the same topic: whatever they write counts as applied here.
    const partitions = await world.log.spans(topics.predictions.name);
    await world.store.recordApplied(
      partitions.map(({ partition }) => ({
        topic: topics.predictions.name,
        generation: 1,
        epoch: 0,
        partition,
        firstOffset: 0n,
        lastOffset: 1_000_000_000n,
        rows: rows.length,
        deadLetters: 0,
        minEventTime: day(0),
        maxEventTime: day(4, 23),
        maxRecordedAt: 1_767_225_600_000_000n,
      })),
    );
    const monitor = await started([
      { subjectKind: 'model', subject: model, reference: { firstWindows: 2 }, policy: { model, share: 0.5 } },
    ]);
    await closed(monitor, `model-${model}`, day(4));
    const { windows } = await monitor.get(`/v1/windows?subject=${model}`, windowsAnswer);
    expect(
      windows.map(({ features }) => features.map(({ name, type, drifted }) => [name, type, drifted])),
    ).toEqual(
      [false, false, false, true].map((drifted) => [
        ['origin__mean_delay', 'numeric', drifted],
        ['origin__never', 'presence', false],
        ['origin__weather', 'categorical', false],
        ['output.class', 'categorical', drifted],
        ['output.score', 'numeric', false],
      ]),
    );
    const weather = windows[0]?.features.find(({ name }) => name === 'origin__weather');
    expect(weather).toMatchObject({ rows: 200, nulls: 20, bins: ['rain', 'sun'] });
    const { requests } = await monitor.get(`/v1/retraining?model=${model}`, requestsAnswer);
    expect(requests).toEqual([]);
  });
});

function prediction(model: string, number: number, index: number): Record<string, unknown> {
  const drifted = number === 3;
  const offset = BigInt(number * 200 + index);
  const eventTime = day(number) + BigInt(index) * 60_000_000n;
  const isSunny = index % 3 === 0;
  const hasWeather = index % 10 !== 0;
  return {
    prediction_id: `${number}/${index}`,
    model,
    model_version: '1',
    served_numbers: { origin__mean_delay: (index % 40) + (drifted ? 100 : 0) },
    served_strings: hasWeather ? { origin__weather: isSunny ? 'sun' : 'rain' } : {},
    served_statuses: {
      origin__mean_delay: 'PRESENT',
      origin__weather: hasWeather ? 'PRESENT' : 'NULL_VALUE',
      origin__never: 'NOT_FOUND',
    },
    output_class: drifted ? 'late' : 'on_time',
    output_score: (index % 10) / 10,
    event_id: newEventId(),
    event_time: clickHouseTime(eventTime),
    recorded_at: '2026-01-01 00:00:00.000',
    epoch: 0,
    partition: 0,
    offset: String(offset),
    as_of_key: String(asOfKey(eventTime, packPosition({ epoch: 0, partition: 0, offset }))),
  };
}
