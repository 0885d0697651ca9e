import type { EntityKey, KeyValue } from '@millrace/events';
import type { ResolvedService, ResolvedServiceView } from '@millrace/feature-registry';
import type { EntityRead } from '../port.ts';

/** Key columns of the request and their values; null matches nothing. */
export type RequestedEntity = Readonly<Record<string, KeyValue | null>>;

/** Where the row of a view is in what the store returns. */
interface Place {
  readonly read: number;
  readonly view: number;
}

/** A view of the service and, for each requested entity, the place of its row; none for a key with a null. */
export interface PlannedView {
  readonly member: ResolvedServiceView;
  readonly places: readonly (Place | undefined)[];
}

/**
 * Plans the reads of a service: the views that one entity key serves are one read.
 *
 * @throws MillraceError KEY_INVALID
 */
export function planReads(
  service: ResolvedService,
  entities: readonly RequestedEntity[],
): { readonly reads: readonly EntityRead[]; readonly views: readonly PlannedView[] } {
  const reads: EntityRead[] = [];
  const views = new Map<ResolvedServiceView, PlannedView>();
  for (const members of Map.groupBy(service.views, keyOf).values()) {
    const names = [...new Set(members.map((member) => member.view.definition.name))];
    const indexes = entities.map((entity) => {
      const key = encodeKey(members, entity);
      return key === undefined ? undefined : reads.push({ ...key, views: names }) - 1;
    });
    for (const member of members) {
      const view = names.indexOf(member.view.definition.name);
      const places = indexes.map((read) => (read === undefined ? undefined : { read, view }));
      views.set(member, { member, places });
    }
  }
  return { reads, views: service.views.flatMap((member) => views.get(member) ?? []) };
}

function keyOf({ view, keyColumns }: ResolvedServiceView): string {
  return `${view.entity.name}(${keyColumns.map(({ key, column }) => `${key}=${column}`).join()})`;
}

function encodeKey(
  [member]: readonly ResolvedServiceView[],
  entity: RequestedEntity,
): { readonly entity: string; readonly key: Buffer } | undefined {
  if (member === undefined) return undefined;
  const key: Record<string, KeyValue> = {};
  for (const { key: name, column } of member.keyColumns) {
    const value = entity[column];
    if (value === null) return undefined;
    if (value !== undefined) key[name] = value;
  }
  const complete: EntityKey = key;
  return { entity: member.view.entity.name, key: member.view.keyCodec.encode(complete) };
}
