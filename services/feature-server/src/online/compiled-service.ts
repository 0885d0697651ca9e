import { type KeyColumnType, unpackPosition } from '@millrace/events';
import type { ResolvedService, ResolvedServiceView } from '@millrace/feature-registry';
import { type Clock, formatInstant, type Micros, systemClock } from '@millrace/kernel';
import {
  compileReadPlan,
  type OnlineStoreReader,
  readRows,
  type ReadServiceOptions,
  type RequestedEntity,
  statusOf,
  type StoredRow,
  type ViewRows,
} from '@millrace/online-store';
import { entityText, jsonLong } from './entity-text.ts';
import { featureTexts, type Origin } from './feature-texts.ts';
import { JsonBytes } from './json-bytes.ts';
import { ViewWriter } from './view-writer.ts';

/** A feature service, or a list of features, with what every read of it would otherwise work out again. */
export interface CompiledService {
  /** The columns that an entity of the request has to have. */
  readonly keyColumns: readonly { readonly column: string; readonly type: KeyColumnType }[];
  /**
   * Reads by the rule of `readService`, and writes the whole answer as JSON.
   *
   * @throws MillraceError KEY_INVALID, SCHEMA_UNKNOWN, STORE_UNAVAILABLE
   */
  answer(entities: readonly RequestedEntity[], options: AnswerOptions): Promise<Buffer>;
}

/** How to answer; see {@link ReadServiceOptions}. */
export interface AnswerOptions {
  readonly store: Pick<OnlineStoreReader, 'read'>;
  readonly schemas: NonNullable<ReadServiceOptions['schemas']>;
  readonly at: Micros | undefined;
  readonly withOrigin: boolean;
  readonly clock?: Clock;
}

/** One for the process: an answer is written in one go. */
const json = new JsonBytes();

/** Prepares a service for reads: the names of its features become pieces of JSON, its keys a plan. */
export function compileService(service: ResolvedService): CompiledService {
  const plan = compileReadPlan(service);
  let isFirst = true;
  const writers = service.views.map((member) => {
    const texts = member.features.map((feature) => {
      const text = featureTexts(feature, isFirst);
      isFirst = false;
      return text;
    });
    return new ViewWriter(member, texts);
  });
  const head = `{"service":${JSON.stringify(service.name ?? null)},"serviceHash":${JSON.stringify(service.hash)},"at":"`;

  function write(
    views: readonly ViewRows[],
    entities: readonly RequestedEntity[],
    { at, withOrigin, clock = systemClock }: AnswerOptions,
  ): Buffer {
    const now = at ?? clock.now();
    json.begin();
    json.text(`${head}${formatInstant(now)}","results":[`);
    for (let index = 0; index < entities.length; index++) {
      json.text(`${index === 0 ? '' : ','}{"entity":${entityText(entities[index])},"features":{`);
      for (let view = 0; view < writers.length; view++) {
        const rows = views[view];
        const writer = writers[view];
        if (rows === undefined || writer === undefined) continue;
        const row = rows.rows[index];
        const status = statusOf(row, rows.member.view.ttl, now, at);
        if (status === 'NOT_FOUND') {
          writer.writeWithout(status, '', json);
          continue;
        }
        const origin = withOrigin && row !== undefined ? originOf(row, rows.member) : '';
        if (status === 'PRESENT' && row?.value) writer.writeRow(row.value, origin, json);
        else writer.writeWithout('OUTSIDE_MAX_AGE', origin, json);
      }
      json.text('}}');
    }
    json.text(']}');
    return json.take();
  }

  return {
    keyColumns: keyColumnsOf(service),
    async answer(entities, options) {
      const views = await readRows(options.store, plan, entities);
      for (const [index, writer] of writers.entries()) {
        const preparing = writer.prepare(views[index]?.rows ?? [], options.schemas);
        if (preparing !== undefined) await preparing;
      }
      return write(views, entities, options);
    },
  };
}

function keyColumnsOf(service: ResolvedService): CompiledService['keyColumns'] {
  const columns = new Map(
    service.views.flatMap(({ view, keyColumns }) =>
      keyColumns.map(({ key, column }) => [column, view.entity.keys[key] ?? 'string'] as const),
    ),
  );
  return [...columns].map(([column, type]) => ({ column, type }));
}

function originOf({ eventTime, position }: StoredRow, { view }: ResolvedServiceView): Origin {
  const { partition, offset } = unpackPosition(position);
  return `,"eventTime":"${formatInstant(eventTime)}","origin":{"topic":${JSON.stringify(view.topic)},"partition":${partition},"offset":${jsonLong(offset)}}`;
}
