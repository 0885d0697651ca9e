import { type KeyValue, parseEventId, viewOfTopic } from '@millrace/events';
import type { Definition, Entity } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { clickHouseOf, kafkaOf, onlineStoreOf, type StoresConfig, withServer } from '../io/stores.ts';
import { parseEntityKey } from './entity-key.ts';
import { type LogPlace, lookUp } from './log-places.ts';
import { type OfflineRecord, recordsOfEntity, recordsOfEvent } from './offline-records.ts';
import { onlineRows, type OnlineRowTrace } from './online-rows.ts';

/** Where an event or an entity is: in the log, in the offline store and in the online store. */
export interface Trace {
  readonly offline: readonly OfflineRecord[];
  readonly log: readonly LogPlace[];
  readonly online: readonly OnlineRowTrace[];
  /** Servers that did not answer. */
  readonly problems: readonly string[];
}

/** What is traced. */
export interface TraceOptions {
  /** An event id, or an entity key such as `airport=SFO`. */
  readonly what: string;
  readonly entity: string | undefined;
  /** Records of each view. */
  readonly limit: number;
  readonly definitions: readonly Definition[];
}

/**
 * Follows an event or an entity through the system. The offline store is the index of the log; what it does not
 * have yet cannot be found by event id.
 *
 * @throws MillraceError KEY_INVALID, DEFINITION_UNKNOWN
 */
export async function trace(options: TraceOptions, config: StoresConfig): Promise<Trace> {
  const eventId = parseEventId(options.what);
  const entities = options.definitions.filter((definition) => definition.kind === 'entity');
  const wanted = eventId === undefined ? parseEntityKey(options.what, entities, options.entity) : undefined;
  const views = wanted === undefined ? [] : viewsOf(wanted.entity, options.definitions);
  const offline = await withServer(
    () => clickHouseOf(config),
    async (client) => {
      if (eventId !== undefined) return recordsOfEvent(client, eventId);
      if (wanted === undefined) return [];
      const found = await Promise.all(
        views.map((view) => recordsOfEntity(client, view, wanted.key, options.limit)),
      );
      return found.flat();
    },
  );
  const records = offline.ok ? offline.value : [];
  const target = wanted ?? entityOfRecord(records, options.definitions);
  const online = await withServer(
    () => onlineStoreOf(config),
    async (store) =>
      target === undefined
        ? []
        : onlineRows(store, target.entity, target.key, wanted === undefined ? viewsIn(records) : views),
  );
  const rows = online.ok ? online.value : [];
  const places = [
    ...records,
    ...rows.flatMap(({ view, partition, offset }) =>
      partition === undefined || offset === undefined
        ? []
        : [{ topic: `features.${view}`, partition, offset }],
    ),
  ];
  const log = await withServer(
    () => kafkaOf(config),
    (kafka) => lookUp(kafka, places),
  );
  const problems = [offline, online, log].flatMap((answer) => (answer.ok ? [] : [answer.problem]));
  return { offline: records, log: log.ok ? log.value : [], online: rows, problems };
}

function viewsOf(entity: Entity, definitions: readonly Definition[]): readonly string[] {
  return definitions.flatMap((definition) =>
    definition.kind === 'feature-view' && definition.entity === entity.name ? [definition.name] : [],
  );
}

function viewsIn(records: readonly OfflineRecord[]): readonly string[] {
  return [...new Set(records.flatMap(({ topic }) => viewOfTopic(topic) ?? []))];
}

/** The entity of a record of a feature view, from the key columns of its table. */
function entityOfRecord(
  [record]: readonly OfflineRecord[],
  definitions: readonly Definition[],
): { readonly entity: Entity; readonly key: Readonly<Record<string, KeyValue>> } | undefined {
  const name = record === undefined ? undefined : viewOfTopic(record.topic);
  const view = definitions.find(
    (definition) => definition.kind === 'feature-view' && definition.name === name,
  );
  const entities = definitions.filter((definition) => definition.kind === 'entity');
  const entity = entities.find(
    (definition) => view?.kind === 'feature-view' && definition.name === view.entity,
  );
  if (record === undefined || entity === undefined) return undefined;
  const key = Object.keys(entity.keys).map((column) => `${column}=${String(record[column])}`);
  try {
    return parseEntityKey(key.join(','), [entity], entity.name);
  } catch (error) {
    // A text with a comma in it cannot be written as a key here; the online store is left out then.
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}
