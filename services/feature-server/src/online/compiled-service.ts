import { type KeyColumnType, unpackPosition } from '@millrace/events';
import type { ResolvedService } from '@millrace/feature-registry';
import { formatInstant } from '@millrace/kernel';
import type {
  EntityAnswer,
  FeatureStatus,
  RequestedEntity,
  ServedRow,
  ServiceAnswer,
} from '@millrace/online-store';
import { jsonLong, type ValueWriter, valueWriter } from './json-values.ts';

/** A feature service, or a list of features, with what every read of it would otherwise work out again. */
export interface CompiledService {
  readonly service: ResolvedService;
  /** The columns that an entity of the request has to have. */
  readonly keyColumns: readonly { readonly column: string; readonly type: KeyColumnType }[];
  /** The whole answer as JSON text. */
  writeAnswer(answer: ServiceAnswer, entities: readonly RequestedEntity[]): string;
}

interface FeatureText {
  /** `"view__feature":{"value":`, with a comma before all but the first. */
  readonly start: string;
  readonly write: ValueWriter;
  /** The place of its view in the service. */
  readonly view: number;
}

const statusTexts: Readonly<Record<FeatureStatus, string>> = {
  PRESENT: ',"status":"PRESENT"',
  NULL_VALUE: 'null,"status":"NULL_VALUE"',
  NOT_FOUND: 'null,"status":"NOT_FOUND"',
  OUTSIDE_MAX_AGE: 'null,"status":"OUTSIDE_MAX_AGE"',
};

/** Prepares a service for reads: the names and types of its features become pieces of JSON text. */
export function compileService(service: ResolvedService): CompiledService {
  const features = service.views.flatMap((member, view) =>
    member.features.map(({ name, type }) => ({ name, type, view })),
  );
  const texts = features.map(
    ({ name, type, view }, index): FeatureText => ({
      start: `${index === 0 ? '' : ','}${JSON.stringify(name)}:{"value":`,
      write: valueWriter(type),
      view,
    }),
  );
  const columns = new Map(
    service.views.flatMap(({ view, keyColumns }) =>
      keyColumns.map(({ key, column }) => [column, view.entity.keys[key] ?? 'string'] as const),
    ),
  );
  const head = `{"service":${JSON.stringify(service.name ?? null)},"serviceHash":${JSON.stringify(service.hash)},"at":"`;
  return {
    service,
    keyColumns: [...columns].map(([column, type]) => ({ column, type })),
    writeAnswer(answer, entities) {
      let text = `${head}${formatInstant(answer.at)}","results":[`;
      for (const [index, entity] of answer.entities.entries()) {
        text += index === 0 ? '{"entity":' : ',{"entity":';
        text += entityText(entities[index]);
        text += ',"features":{';
        text += featuresText(texts, entity);
        text += '}}';
      }
      return `${text}]}`;
    },
  };
}

function featuresText(texts: readonly FeatureText[], { values, statuses, rows }: EntityAnswer): string {
  const origins = rows.length === 0 ? undefined : rows.map(originText);
  let text = '';
  for (let index = 0; index < texts.length; index += 1) {
    const feature = texts[index];
    const status = statuses[index] ?? 'NOT_FOUND';
    const value = values[index] ?? null;
    if (feature === undefined) continue;
    text += feature.start;
    if (value !== null) text += feature.write(value);
    text += statusTexts[status];
    text += origins === undefined ? '}' : `${origins[feature.view] ?? ''}}`;
  }
  return text;
}

function originText({ eventTime, topic, position }: ServedRow): string {
  if (eventTime === null || position === null) return '';
  const { partition, offset } = unpackPosition(position);
  return `,"eventTime":"${formatInstant(eventTime)}","origin":{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${jsonLong(offset)}}`;
}

function entityText(entity: RequestedEntity | undefined): string {
  let text = '';
  for (const column in entity) {
    const value = entity[column] ?? null;
    text += `${text === '' ? '' : ','}${JSON.stringify(column)}:${typeof value === 'bigint' ? jsonLong(value) : JSON.stringify(value)}`;
  }
  return `{${text}}`;
}
