import { KeyCodec, type KeyValue, unpackPosition } from '@millrace/events';
import type { Entity } from '@millrace/feature-registry';
import { formatInstant } from '@millrace/kernel';
import type { OnlineStoreReader } from '@millrace/online-store';

/** The row of a view that the online store has for an entity. */
export interface OnlineRowTrace {
  readonly view: string;
  readonly found: boolean;
  readonly eventId?: string;
  readonly eventTime?: string;
  readonly deleted?: boolean;
  readonly partition?: number;
  readonly offset?: bigint;
}

/** What the online store has of an entity, view by view. */
export async function onlineRows(
  store: OnlineStoreReader,
  entity: Entity,
  key: Readonly<Record<string, KeyValue>>,
  views: readonly string[],
): Promise<readonly OnlineRowTrace[]> {
  if (views.length === 0) return [];
  const [rows = []] = await store.read([
    { entity: entity.name, key: new KeyCodec(entity.keys).encode(key), views },
  ]);
  return views.map((view, index) => {
    const row = rows[index];
    if (row === undefined) return { view, found: false };
    const { partition, offset } = unpackPosition(row.position);
    const { eventId } = row;
    return {
      view,
      found: true,
      eventId,
      eventTime: formatInstant(row.eventTime),
      deleted: row.value === null,
      partition,
      offset,
    };
  });
}
