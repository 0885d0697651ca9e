import { z } from 'zod';
import { formatInstant } from '@millrace/kernel';
import { type ModelEvent, versionBehind } from '@millrace/model-lifecycle';
import type { CountedModelEvent, FollowedModel } from './followed.ts';

const versionSchema = z.object({
  version: z.string(),
  featureService: z.string(),
  featureServiceHash: z.string(),
  artifactUri: z.string(),
  artifactHash: z.string(),
  snapshotId: z.string().nullable(),
  snapshotHash: z.string().nullable(),
  metrics: z.record(z.string(), z.number()),
  tags: z.record(z.string(), z.string()),
});

/** What happened to a model, for people and machines. */
const historySchema = z.object({
  event: z.enum(['ModelVersionRegistered', 'ModelReleased', 'ModelRolledBack']),
  streamVersion: z.string(),
  eventId: z.string(),
  eventTime: z.string(),
  recordedAt: z.string(),
  offset: z.string().describe('In partition 0 of the models topic.'),
  summary: z.string(),
});

/** A model as it stands in the list. */
export const modelSummarySchema = z.object({
  model: z.string(),
  streamVersion: z.string(),
  aliases: z.record(z.string(), z.string()).describe('The version behind each alias.'),
  versions: z.array(z.string()),
});

/** A model with everything that is known about it. */
export const modelSchema = modelSummarySchema.extend({
  versions: z.array(versionSchema),
  history: z.array(historySchema),
});

/** A model as it stands in the list. */
export function modelSummary(model: string, { state }: FollowedModel): z.infer<typeof modelSummarySchema> {
  const aliases = [...state.aliases.keys()].flatMap((alias) => {
    const version = versionBehind(state, alias);
    return version === undefined ? [] : [[alias, version] as const];
  });
  return {
    model,
    streamVersion: String(state.streamVersion),
    aliases: Object.fromEntries(aliases),
    versions: [...state.versions.keys()],
  };
}

/** A model with everything that is known about it. */
export function modelAnswer(model: string, followed: FollowedModel): z.infer<typeof modelSchema> {
  return {
    ...modelSummary(model, followed),
    versions: [...followed.state.versions.values()].map((version) => ({
      version: version.version,
      featureService: version.featureService,
      featureServiceHash: version.featureServiceHash,
      artifactUri: version.artifactUri,
      artifactHash: version.artifactHash,
      snapshotId: version.snapshotId,
      snapshotHash: version.snapshotHash,
      metrics: { ...version.metrics },
      tags: { ...version.tags },
    })),
    history: followed.history.map(historyAnswer),
  };
}

function historyAnswer({ happened, recordedAt, offset }: CountedModelEvent): z.infer<typeof historySchema> {
  const { envelope, streamVersion } = happened.event;
  return {
    event: happened.name,
    streamVersion: String(streamVersion),
    eventId: envelope.eventId,
    eventTime: formatInstant(envelope.eventTime),
    recordedAt: formatInstant(recordedAt),
    offset: String(offset),
    summary: summaryOf(happened),
  };
}

function summaryOf(happened: ModelEvent): string {
  switch (happened.name) {
    case 'ModelVersionRegistered':
      return `version ${happened.event.version} reads ${happened.event.featureService}`;
    case 'ModelReleased': {
      const { version, alias, previousVersion, reason } = happened.event;
      const after = previousVersion === null ? '' : ` (was ${previousVersion})`;
      return `${alias} is version ${version}${after}${reason === null ? '' : `: ${reason}`}`;
    }
    case 'ModelRolledBack': {
      const { alias, fromVersion, toVersion, reason } = happened.event;
      return `${alias} is version ${toVersion} again (was ${fromVersion})${reason === null ? '' : `: ${reason}`}`;
    }
    default:
      return happened satisfies never;
  }
}
