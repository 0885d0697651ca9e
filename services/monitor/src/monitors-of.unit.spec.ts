import { describe, expect, it } from 'vitest';
import { monitorConfigSchema } from './config.ts';
import { monitorsOf } from './monitors-of.ts';

const DAY = 86_400_000_000n;
const optionsFrom = (entries: readonly unknown[]) =>
  monitorConfigSchema.parse({ monitors: JSON.stringify(entries) }).monitors;

describe('monitorsOf', () => {
  it('watches every view and every model with the documented defaults', () => {
    const [view, model] = monitorsOf({ views: ['airport_departures'], models: ['late_arrival'] }, []);
    expect(view).toEqual({
      name: 'view-airport_departures',
      subjectKind: 'feature-view',
      subject: 'airport_departures',
      windowSize: DAY,
      allowedLateness: DAY / 24n,
      reference: { kind: 'first-windows', count: 7 },
      bins: 10,
      thresholds: { psi: 0.2, nullShare: 0.05, falseDiscoveryRate: 0.01 },
      policy: null,
    });
    expect(model).toMatchObject({
      name: 'model-late_arrival',
      policy: { name: 'drift', model: 'late_arrival', share: 0.3, cooldown: 7n * DAY },
    });
  });

  it('lets an entry replace a derived monitor, or add one of its own name', () => {
    const options = optionsFrom([
      { subjectKind: 'feature-view', subject: 'a', windowSize: '6h' },
      { name: 'weekly', subjectKind: 'feature-view', subject: 'a', windowSize: '1w' },
      { subjectKind: 'model', subject: 'm', policy: null },
    ]);
    const monitors = monitorsOf({ views: ['a', 'b'], models: ['m'] }, options);
    expect(monitors.map(({ name, windowSize, policy }) => [name, windowSize, policy])).toEqual([
      ['view-a', DAY / 4n, null],
      ['view-b', DAY, null],
      ['model-m', DAY, null],
      ['weekly', 7n * DAY, null],
    ]);
  });

  it('leaves out a model without a name, which a prediction may have', () => {
    expect(monitorsOf({ views: [], models: ['', 'm'] }, []).map(({ name }) => name)).toEqual(['model-m']);
  });

  it('takes a period as reference, and a policy on a view that names the model', () => {
    const [monitor] = monitorsOf(
      { views: [], models: [] },
      optionsFrom([
        {
          subjectKind: 'feature-view',
          subject: 'a',
          reference: { start: '1970-01-01T00:00:00Z', end: '1970-01-02T00:00:00Z' },
          policy: { model: 'm', share: 0.5 },
        },
      ]),
    );
    expect(monitor?.reference).toEqual({ kind: 'period', start: 0n, end: DAY });
    expect(monitor?.policy).toEqual({ name: 'drift', model: 'm', share: 0.5, cooldown: 7n * DAY });
  });

  it.each([
    [[{ subjectKind: 'feature-view', subject: 'a', windowSize: 'a day' }], /must be a duration/],
    [[{ subjectKind: 'feature-view', subject: 'a', windowSize: '0s' }], /longer than nothing/],
    [[{ subjectKind: 'table', subject: 'a' }], /feature-view/],
    [[{ subjectKind: 'model', subject: 'a', treshold: 1 }], /treshold/],
    [
      [
        {
          subjectKind: 'model',
          subject: 'a',
          reference: { start: '2001-01-02T00:00:00Z', end: '2001-01-01T00:00:00Z' },
        },
      ],
      /Invalid input|start before/,
    ],
  ])('refuses %j', (entries, message) => {
    expect(() => optionsFrom(entries)).toThrow(message);
  });

  it('reads a file, and says when there is none', () => {
    expect(() => monitorConfigSchema.parse({ monitors: 'no/such/file.json' })).toThrow(
      /neither JSON nor a file/,
    );
  });
});
