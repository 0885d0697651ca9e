import type { AppendedAt, EventCodec, LogAdmin, LogReader } from '@millrace/event-log';
import { topics } from '@millrace/events';
import { Catalog } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';

/** The definitions, kept up to date from the `definitions` topic. */
export interface FollowedDefinitions {
  /** Always the newest; its contents change as events arrive. */
  readonly catalog: Catalog;
  /** Calls the listener after every event that changed the catalog; returns how to stop that. */
  onChange(listener: () => void): () => void;
  /** Resolves when every definition that the log has now, or the one at a position, is in the catalog. */
  caughtUp(position?: AppendedAt): Promise<void>;
}

/**
 * Follows the `definitions` topic and resolves once the catalog holds all that the log has. Makes the topics that
 * are missing first: services start in any order.
 */
export async function followDefinitions(
  log: LogReader & Pick<LogAdmin, 'ensureTopics'>,
  codec: EventCodec,
  onFailure: (error: unknown) => void,
): Promise<Running<FollowedDefinitions>> {
  const catalog = new Catalog();
  const listeners = new Set<() => void>();
  await log.ensureTopics(Object.values(topics));
  const following = await log.follow({
    topic: topics.definitions.name,
    onFailure,
    async onRecord({ value }) {
      const decoded = await codec.decodeIfEvent(value);
      if (decoded?.name !== 'DefinitionRegistered') return;
      catalog.apply(decoded.event);
      for (const listener of listeners) listener();
    },
  });
  try {
    await following.value.caughtUp();
  } catch (error) {
    await following.stop();
    throw error;
  }
  return {
    value: {
      catalog,
      caughtUp: (position) => following.value.caughtUp(position),
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    stop: () => following.stop(),
  };
}
