import type { EntityKey, KeyValue } from '@millrace/events';
import type { ResolvedService, ResolvedServiceView } from '@millrace/feature-registry';
import type { EntityRead } from '../port.ts';

/** Key columns of the request and their values; null matches nothing. */
export type RequestedEntity = Readonly<Record<string, KeyValue | null>>;

/** Where the rows of a view are in what the store returns. */
export interface PlannedView {
  readonly member: ResolvedServiceView;
  /** For each requested entity the place of its read; none for a key with a null. */
  readonly reads: readonly (number | undefined)[];
  /** The place of the view in each of its reads. */
  readonly view: number;
}

/** What has to be read for some entities. */
export interface PlannedReads {
  readonly reads: readonly EntityRead[];
  /** In the order of the service. */
  readonly views: readonly PlannedView[];
}

/** Plans the reads of a service; throws MillraceError KEY_INVALID. */
export type ReadPlan = (entities: readonly RequestedEntity[]) => PlannedReads;

/** Views that are read together, since one entity key serves them. */
interface Group {
  readonly first: ResolvedServiceView;
  readonly names: readonly string[];
}

/** Works out what the reads of a service have in common, whichever entities are asked for. */
export function compileReadPlan(service: ResolvedService): ReadPlan {
  const groups: Group[] = [];
  const places = new Map<ResolvedServiceView, { readonly group: number; readonly view: number }>();
  for (const members of Map.groupBy(service.views, keyOf).values()) {
    const [first] = members;
    if (first === undefined) continue;
    const names = [...new Set(members.map((member) => member.view.definition.name))];
    const group = groups.push({ first, names }) - 1;
    for (const member of members)
      places.set(member, { group, view: names.indexOf(member.view.definition.name) });
  }
  return (entities) => {
    const reads: EntityRead[] = [];
    const indexes = groups.map(({ first, names }) =>
      entities.map((entity) => {
        const key = encodeKey(first, entity);
        return key === undefined
          ? undefined
          : reads.push({ entity: first.view.entity.name, key, views: names }) - 1;
      }),
    );
    const views = service.views.map((member): PlannedView => {
      const place = places.get(member);
      return { member, reads: indexes[place?.group ?? 0] ?? [], view: place?.view ?? 0 };
    });
    return { reads, views };
  };
}

function keyOf({ view, keyColumns }: ResolvedServiceView): string {
  return `${view.entity.name}(${keyColumns.map(({ key, column }) => `${key}=${column}`).join()})`;
}

function encodeKey(member: ResolvedServiceView, entity: RequestedEntity): Buffer | undefined {
  const key: Record<string, KeyValue> = {};
  for (const { key: name, column } of member.keyColumns) {
    const value = entity[column];
    if (value === null) return undefined;
    if (value !== undefined) key[name] = value;
  }
  const complete: EntityKey = key;
  return member.view.keyCodec.encode(complete);
}
