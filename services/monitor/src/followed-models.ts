import type { EventCodec, LogReader } from '@millrace/event-log';
import { topics } from '@millrace/events';
import type { Running } from '@millrace/kernel';
import { evolveModel, initialModelState, type ModelState } from '@millrace/model-lifecycle';

/** The models as the `models` topic tells them, kept up to date. */
export type FollowedModels = ReadonlyMap<string, ModelState>;

/** Follows the topic from its beginning and resolves once it is read. */
export async function followModels(
  log: LogReader,
  codec: EventCodec,
  onFailure: (error: unknown) => void,
): Promise<Running<FollowedModels>> {
  const models = new Map<string, ModelState>();
  const following = await log.follow({
    topic: topics.models.name,
    onFailure,
    async onRecord({ value }) {
      const happened = await codec.decodeIfEvent(value);
      if (happened === undefined) return;
      const { name, event } = happened;
      if (name !== 'ModelVersionRegistered' && name !== 'ModelReleased' && name !== 'ModelRolledBack') return;
      models.set(event.model, evolveModel(models.get(event.model) ?? initialModelState, happened));
    },
  });
  try {
    await following.value.caughtUp();
  } catch (error) {
    await following.stop();
    throw error;
  }
  return { value: models, stop: () => following.stop() };
}
