import type { Monitor } from './monitor.ts';
import { type MonitorOptions, monitorOptionsSchema } from './monitor-options.ts';

/** What there is to watch. */
export interface Subjects {
  readonly views: readonly string[];
  readonly models: readonly string[];
}

/**
 * The monitors: one for each feature view and one for each model, with defaults, unless an option entry of the
 * same name says otherwise; and the option entries with names of their own.
 */
export function monitorsOf(subjects: Subjects, options: readonly MonitorOptions[]): readonly Monitor[] {
  const derived = [
    ...subjects.views.flatMap((subject) => withDefaults({ subjectKind: 'feature-view', subject })),
    ...subjects.models.flatMap((subject) => withDefaults({ subjectKind: 'model', subject })),
  ];
  const byName = new Map(derived.map((monitor) => [monitor.name, monitor]));
  for (const entry of options) {
    const monitor = monitorOf(entry);
    byName.set(monitor.name, monitor);
  }
  return [...byName.values()];
}

/** None for a name that no monitor can have: whoever writes a prediction may name any model in it. */
function withDefaults(subject: Pick<MonitorOptions, 'subjectKind' | 'subject'>): readonly Monitor[] {
  const options = monitorOptionsSchema.safeParse(subject);
  return options.success ? [monitorOf(options.data)] : [];
}

/** A monitor out of an entry of the monitors file. */
export function monitorOf(options: MonitorOptions): Monitor {
  const { subjectKind, subject, windowSize, allowedLateness, bins, reference } = options;
  return {
    name: options.name ?? `${subjectKind === 'model' ? 'model' : 'view'}-${subject}`,
    subjectKind,
    subject,
    windowSize,
    allowedLateness,
    bins,
    reference:
      'firstWindows' in reference
        ? { kind: 'first-windows', count: reference.firstWindows }
        : { kind: 'period', start: reference.start, end: reference.end },
    thresholds: {
      psi: options.psiThreshold,
      nullShare: options.nullShareThreshold,
      falseDiscoveryRate: options.falseDiscoveryRate,
    },
    policy: policyOf(options),
  };
}

function policyOf({ policy, subjectKind, subject }: MonitorOptions): Monitor['policy'] {
  if (policy !== undefined) return policy;
  if (subjectKind !== 'model') return null;
  return monitorOptionsSchema.shape.policy.parse({ model: subject }) ?? null;
}
