import type { Chance } from '../random.ts';
import { type FaultKind, faultKinds, type Lane } from './fault.ts';

/** A fault that will happen. */
export interface PlannedFault extends FaultKind {
  /** Which of two instances. */
  readonly instance: 0 | 1;
  /** How often its point is passed by first. */
  readonly skip: number;
  /** Milliseconds of load before it, where no point tells the moment. */
  readonly afterMs: number;
  /** Whether the next fault of the lane waits until this one has been recovered from. */
  readonly waits: boolean;
}

/** The faults of each lane, in order. */
export type Plan = Readonly<Record<Lane, readonly PlannedFault[]>>;

/** Which faults to plan. */
export interface PlanOptions {
  readonly kills: number;
  /** Faults that kill nobody. */
  readonly hurts: number;
  readonly chance: Chance;
  /** @default all */
  readonly kinds?: readonly FaultKind[];
}

/** Chooses faults: each kind once, as far as the numbers go, then by weight. The same seed gives the same plan. */
export function planFaults({ kills, hurts, chance, kinds = faultKinds }: PlanOptions): Plan {
  const chosen = [
    ...choose(
      kinds.filter((kind) => kind.kills),
      kills,
      chance,
    ),
    ...choose(
      kinds.filter((kind) => !kind.kills),
      hurts,
      chance,
    ),
  ].map(
    (kind): PlannedFault => ({
      ...kind,
      instance: chance.next() < 0.5 ? 0 : 1,
      skip: chance.below(3),
      afterMs: chance.below(1_500),
      waits: chance.next() < 0.7,
    }),
  );
  const lane = (name: Lane) => chance.shuffle(chosen.filter((fault) => fault.lane === name));
  return { online: lane('online'), offline: lane('offline'), entry: lane('entry') };
}

/** The plan without the faults of a name. */
export function without({ online, offline, entry }: Plan, name: string): Plan {
  const rest = (lane: readonly PlannedFault[]) => lane.filter((fault) => fault.name !== name);
  return { online: rest(online), offline: rest(offline), entry: rest(entry) };
}

function choose(kinds: readonly FaultKind[], count: number, chance: Chance): FaultKind[] {
  const urn = kinds.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  if (kinds.length === 0) return [];
  return Array.from({ length: count }, (_, index) => kinds[index] ?? chance.pick(urn));
}
