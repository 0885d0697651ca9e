/**
 * What is wrong. `lost`: the log has a record that a store lacks, or has in an older version only. `unknown`: a store
 * has a row that the log does not have. `doubled`: an event or an offset is there more than once. `differing`: a value
 * is not the one in the log.
 */
export type DifferenceKind = 'lost' | 'unknown' | 'doubled' | 'differing';

/** All kinds, in the order in which reports tell them. */
export const differenceKinds: readonly DifferenceKind[] = ['lost', 'unknown', 'doubled', 'differing'];

/** Where a record is, or would be, in the log. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly eventId: string | null;
}

/** One thing in a store that is not as the log says. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The store that disagrees with the log; `both` where neither agrees. */
  readonly store: 'online' | 'offline' | 'both';
  /** The table or feature view, as the store names it. */
  readonly subject: string;
  /** The entity key as people write it, where a row of a view is meant. */
  readonly entityKey: string | null;
  /** The column that differs: a feature, or `event_time`, `event_id` and so on. */
  readonly column: string | null;
  /** What the online store has, in words; null where it was not looked at. */
  readonly online: string | null;
  /** What the offline store has. */
  readonly offline: string | null;
  readonly origin: Origin | null;
  readonly cause: string;
}

/** How many differences there are of each kind. */
export type DifferenceCounts = Readonly<Record<DifferenceKind, number>>;

/** Counts all differences and keeps the first of them. */
export class DifferenceTally {
  readonly #most: number;
  readonly #kept: Difference[] = [];
  readonly #counts = { lost: 0, unknown: 0, doubled: 0, differing: 0 };

  /** @param most how many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  add(difference: Difference): void {
    this.#counts[difference.kind] += 1;
    if (this.wantsMore) this.#kept.push(difference);
  }

  /** Counts some that nobody will look at. */
  count(kind: DifferenceKind, number: number): void {
    this.#counts[kind] += number;
  }

  /** Takes over what another one found. */
  addAll(other: DifferenceTally): void {
    for (const kind of differenceKinds) this.#counts[kind] += other.#counts[kind];
    this.#kept.push(...other.#kept.slice(0, this.#most - this.#kept.length));
  }

  /** Whether another difference would be kept: if not, its cause need not be found. */
  get wantsMore(): boolean {
    return this.#kept.length < this.#most;
  }

  get kept(): readonly Difference[] {
    return this.#kept;
  }

  get counts(): DifferenceCounts {
    return { ...this.#counts };
  }

  get total(): number {
    return differenceKinds.reduce((sum, kind) => sum + this.#counts[kind], 0);
  }
}
