import type { ModelVersionRegistered } from '@millrace/events';
import { err, ok, type Result } from '@millrace/kernel';
import type { Decider, Refusal } from './decider.ts';
import type {
  ModelCommand,
  ModelEvent,
  RegisterModelVersion,
  ReleaseModel,
  RollBackModel,
} from './model-commands.ts';
import { evolveModel, initialModelState, type ModelState, versionBehind } from './model-state.ts';

/** The codes with which a command to a model is refused. */
export type ModelRefusalCode = 'MODEL_VERSION_EXISTS' | 'MODEL_VERSION_UNKNOWN' | 'ROLLBACK_IMPOSSIBLE';

type Decision = Result<readonly ModelEvent[], Refusal<ModelRefusalCode>>;

/**
 * The life of one model: versions are registered, released under an alias such as `champion`, and rolled back.
 * Sending a command again changes nothing (a rollback must name the version that it takes the alias from).
 */
export const modelDecider: Decider<ModelState, ModelCommand, ModelEvent, ModelRefusalCode> = {
  initialState: initialModelState,
  evolve: evolveModel,
  decide(command, state) {
    switch (command.type) {
      case 'RegisterModelVersion':
        return register(command, state);
      case 'ReleaseModel':
        return release(command, state);
      case 'RollBackModel':
        return rollBack(command, state);
      default:
        return command satisfies never;
    }
  },
};

function register(command: RegisterModelVersion, state: ModelState): Decision {
  const known = state.versions.get(command.version);
  const event: ModelVersionRegistered = {
    envelope: command.envelope,
    model: command.model,
    streamVersion: state.streamVersion + 1n,
    version: command.version,
    featureService: command.featureService,
    featureServiceHash: command.featureServiceHash,
    artifactUri: command.artifactUri,
    artifactHash: command.artifactHash,
    snapshotId: command.snapshotId,
    snapshotHash: command.snapshotHash,
    metrics: command.metrics,
    tags: command.tags,
  };
  if (known === undefined) return ok([{ name: 'ModelVersionRegistered', event }]);
  const changed = differingFields(known, event);
  if (changed.length === 0) return ok([]);
  return err({
    code: 'MODEL_VERSION_EXISTS',
    message: `version ${command.version} of ${command.model} is registered with another ${changed.join(', ')}; a version never changes, register a new one`,
  });
}

function differingFields(known: ModelVersionRegistered, wanted: ModelVersionRegistered): readonly string[] {
  const plain = [
    'featureService',
    'featureServiceHash',
    'artifactUri',
    'artifactHash',
    'snapshotId',
    'snapshotHash',
  ] as const;
  const maps = ['metrics', 'tags'] as const;
  return [
    ...plain.filter((field) => known[field] !== wanted[field]),
    ...maps.filter((field) => !sameMembers(known[field], wanted[field])),
  ];
}

function sameMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
  );
}

function release(command: ReleaseModel, state: ModelState): Decision {
  const { envelope, model, version, alias, reason } = command;
  if (!state.versions.has(version)) {
    return err({
      code: 'MODEL_VERSION_UNKNOWN',
      message: `${model} has no version ${version}; register it first`,
    });
  }
  const previousVersion = versionBehind(state, alias) ?? null;
  if (previousVersion === version) return ok([]);
  const streamVersion = state.streamVersion + 1n;
  return ok([
    {
      name: 'ModelReleased',
      event: { envelope, model, streamVersion, version, alias, previousVersion, reason },
    },
  ]);
}

function rollBack(command: RollBackModel, state: ModelState): Decision {
  const { envelope, model, alias, fromVersion, reason } = command;
  const { releases = [], rolledBackFrom = null } = state.aliases.get(alias) ?? {};
  const current = releases.at(-1);
  const before = releases.at(-2);
  if (fromVersion !== null && fromVersion !== current) {
    if (fromVersion === rolledBackFrom) return ok([]);
    return impossible(`${alias} of ${model} is ${current ?? 'nobody'}, not ${fromVersion}`);
  }
  if (current === undefined) return impossible(`nothing was released as ${alias} of ${model}`);
  if (before === undefined) return impossible(`nothing was ${alias} of ${model} before ${current}`);
  const streamVersion = state.streamVersion + 1n;
  return ok([
    {
      name: 'ModelRolledBack',
      event: { envelope, model, streamVersion, alias, fromVersion: current, toVersion: before, reason },
    },
  ]);
}

function impossible(message: string): Decision {
  return err({ code: 'ROLLBACK_IMPOSSIBLE', message });
}
