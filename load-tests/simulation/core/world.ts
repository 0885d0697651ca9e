import type { Producers } from '../events/recorded.ts';
import type { SimulatedCluster } from '../log/simulated-cluster.ts';
import type { History } from './history.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Something else than a call that can go wrong, or simply happens, in a world. */
export interface Incident {
  /** How often it is chosen beside the others. */
  readonly weight: number;
  /** @returns a line about it. */
  happen(): string;
}

/** What a process of a world runs until it is stopped. */
export interface Projector {
  stop(): Promise<void>;
}

/** A store, the projectors that fill it, and what has to hold. */
export interface World {
  readonly name: string;
  /** Starts a projector in a process. */
  start(process: Process, onFailure: (error: unknown) => void): Promise<Projector>;
  /** What happens to the store's servers. */
  readonly incidents: readonly Incident[];
  /** An operator asks for a rebuild of a topic. @returns a line about it. */
  rebuild(): Promise<string>;
  /** Whether the store has all that the log has. */
  isCaughtUp(): boolean;
  /** Throws a Violation when something does not hold that has to hold at any time. */
  check(): Promise<void>;
  /** Throws a Violation when the store is not what the log says, once it has caught up. */
  checkEnd(): void;
}

/** What a world is made of. */
export interface WorldParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly history: History;
  readonly cluster: Pick<SimulatedCluster, 'log' | 'seenBy' | 'committed'>;
  readonly producers: Producers;
  /** Of every topic. */
  readonly partitions: number;
}

/** Makes a world; mutants make theirs wrong. */
export type MakeWorld = (parts: WorldParts) => World;
