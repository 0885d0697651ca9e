import type { ModelVersionRegistered } from '@millrace/events';
import type { ModelEvent } from './model-commands.ts';

/** Who has an alias, and who had it before. */
export interface AliasState {
  /** The versions released under it, oldest first; the last has it now. A rollback takes the last away. */
  readonly releases: readonly string[];
  /** The version that the newest event rolled back from; null when the newest event was a release. */
  readonly rolledBackFrom: string | null;
}

/** The stream of one model, folded. */
export interface ModelState {
  /** The version of the stream: how many events counted. */
  readonly streamVersion: bigint;
  readonly versions: ReadonlyMap<string, ModelVersionRegistered>;
  readonly aliases: ReadonlyMap<string, AliasState>;
}

/** A model of which nothing is known yet. */
export const initialModelState: ModelState = { streamVersion: 0n, versions: new Map(), aliases: new Map() };

/**
 * Takes in one event. An event whose stream version is already taken does not count, and the same state comes
 * back: of two writers that decided from one state, the first in the log has decided. So does a record that
 * was sent twice.
 */
export function evolveModel(state: ModelState, happened: ModelEvent): ModelState {
  if (happened.event.streamVersion !== state.streamVersion + 1n) return state;
  const next = { ...state, streamVersion: happened.event.streamVersion };
  switch (happened.name) {
    case 'ModelVersionRegistered':
      return { ...next, versions: new Map(state.versions).set(happened.event.version, happened.event) };
    case 'ModelReleased': {
      const { alias, version } = happened.event;
      const releases = [...(state.aliases.get(alias)?.releases ?? []), version];
      return { ...next, aliases: new Map(state.aliases).set(alias, { releases, rolledBackFrom: null }) };
    }
    case 'ModelRolledBack': {
      const { alias, fromVersion } = happened.event;
      const releases = (state.aliases.get(alias)?.releases ?? []).slice(0, -1);
      return {
        ...next,
        aliases: new Map(state.aliases).set(alias, { releases, rolledBackFrom: fromVersion }),
      };
    }
    default:
      return happened satisfies never;
  }
}

/** The version that has an alias now, or undefined. */
export function versionBehind(state: ModelState, alias: string): string | undefined {
  return state.aliases.get(alias)?.releases.at(-1);
}
