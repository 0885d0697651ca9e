import { unpackPosition } from '@millrace/events';
import type { ResolvedService } from '@millrace/feature-registry';
import { formatInstant } from '@millrace/kernel';
import type { RequestedEntity, ServedRow, ServiceAnswer } from '@millrace/online-store';
import { entityText, jsonLong } from '../online/entity-text.ts';
import { valueText } from './value-text.ts';

/** The JSON of an answer by the plain way: from JavaScript values, put together as text. */
export function referenceAnswer(
  service: ResolvedService,
  { at, features, entities }: ServiceAnswer,
  asked: readonly RequestedEntity[],
): string {
  const viewOf = service.views.flatMap((member, view) => member.features.map(() => view));
  const results = entities.map(({ values, statuses, rows }, index) => {
    const texts = features.map(({ name, type }, feature) => {
      const value = values[feature] ?? null;
      const text = value === null ? 'null' : valueText(type, value);
      const row = rows[viewOf[feature] ?? 0];
      const origin = row === undefined ? '' : originText(row);
      return `${JSON.stringify(name)}:{"value":${text},"status":"${statuses[feature]}"${origin}}`;
    });
    return `{"entity":${entityText(asked[index])},"features":{${texts.join(',')}}}`;
  });
  const { name = null, hash } = service;
  return `{"service":${JSON.stringify(name)},"serviceHash":${JSON.stringify(hash)},"at":"${formatInstant(at)}","results":[${results.join(',')}]}`;
}

function originText({ eventTime, topic, position }: ServedRow): string {
  if (eventTime === null || position === null) return '';
  const { partition, offset } = unpackPosition(position);
  return `,"eventTime":"${formatInstant(eventTime)}","origin":{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${jsonLong(offset)}}`;
}
