import type { Envelope, ModelReleased, ModelRolledBack, ModelVersionRegistered } from '@millrace/events';

/** What every command brings for the event that it leads to: its id, time, producer and trace. */
interface Command {
  readonly envelope: Envelope;
  readonly model: string;
}

/** Makes a trained version known. Its contents never change afterwards. */
export interface RegisterModelVersion extends Command {
  readonly type: 'RegisterModelVersion';
  readonly version: string;
  readonly featureService: string;
  /** The hash of the feature service as it stands now. */
  readonly featureServiceHash: string;
  readonly artifactUri: string;
  /** SHA-256 in hex. */
  readonly artifactHash: string;
  readonly snapshotId: string | null;
  readonly snapshotHash: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Puts a version behind an alias. */
export interface ReleaseModel extends Command {
  readonly type: 'ReleaseModel';
  readonly version: string;
  readonly alias: string;
  readonly reason: string | null;
}

/** Takes an alias back to the version that had it before. */
export interface RollBackModel extends Command {
  readonly type: 'RollBackModel';
  readonly alias: string;
  /** The version that is to lose the alias; with it the command can be sent twice without harm. */
  readonly fromVersion: string | null;
  readonly reason: string | null;
}

/** A command to the stream of one model. */
export type ModelCommand = RegisterModelVersion | ReleaseModel | RollBackModel;

/** An event of the stream of one model, with its name. */
export type ModelEvent =
  | { readonly name: 'ModelVersionRegistered'; readonly event: ModelVersionRegistered }
  | { readonly name: 'ModelReleased'; readonly event: ModelReleased }
  | { readonly name: 'ModelRolledBack'; readonly event: ModelRolledBack };
