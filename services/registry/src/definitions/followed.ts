import type { AppendedAt, EventCodec, LogReader } from '@millrace/event-log';
import { topics } from '@millrace/events';
import { Catalog, type DefinitionKind } from '@millrace/feature-registry';
import type { Running } from '@millrace/kernel';

/** The definitions with their history, as far as this instance has read the log. */
export interface FollowedRegistrations {
  readonly catalog: Catalog;
  /** How many registrations of a definition counted, the first and every change. */
  registrations(kind: DefinitionKind, name: string): number;
  caughtUp(position?: AppendedAt): Promise<void>;
}

/** Follows the `definitions` topic like every service, and counts. */
export async function followRegistrations(
  log: LogReader,
  codec: EventCodec,
  onFailure: (error: unknown) => void,
): Promise<Running<FollowedRegistrations>> {
  const catalog = new Catalog();
  const counts = new Map<string, number>();
  const following = await log.follow({
    topic: topics.definitions.name,
    onFailure,
    async onRecord({ value }) {
      const decoded = await codec.decodeIfEvent(value);
      if (decoded?.name !== 'DefinitionRegistered') return;
      const { event } = decoded;
      if (!catalog.apply(event)) return;
      const key = `${event.kind} ${event.name}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
  });
  return {
    value: {
      catalog,
      registrations: (kind, name) => counts.get(`${kind} ${name}`) ?? 0,
      caughtUp: (position) => following.value.caughtUp(position),
    },
    stop: () => following.stop(),
  };
}
