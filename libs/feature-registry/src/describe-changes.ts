import { canonicalJson } from './canonical.ts';
import type { Definition, FeatureView, ServiceView } from './definition.ts';
import { describeType } from './feature-type.ts';

/** What a change does, in sentences for people. Both definitions are of one kind and name. */
export function describeChanges(before: Definition, after: Definition): readonly string[] {
  const sentences: string[] = [];
  if (before.kind === 'entity' && after.kind === 'entity' && !same(before.keys, after.keys)) {
    sentences.push(`key columns become ${columns(after.keys)} (were ${columns(before.keys)})`);
  }
  if (before.kind === 'feature-view' && after.kind === 'feature-view')
    sentences.push(...viewChanges(before, after));
  if (before.kind === 'feature-service' && after.kind === 'feature-service') {
    sentences.push(...memberChanges(before.views, after.views));
  }
  if (before.owner !== after.owner) sentences.push(`owner becomes ${after.owner} (was ${before.owner})`);
  if (before.description !== after.description) sentences.push('description changes');
  if (!same(before.tags, after.tags)) sentences.push('tags change');
  return sentences;
}

/** What a new definition brings, in sentences for people. */
export function describeCreation(definition: Definition): readonly string[] {
  switch (definition.kind) {
    case 'entity':
      return [`key columns ${columns(definition.keys)}`];
    case 'feature-view':
      return [
        `${count(Object.keys(definition.features).length, 'feature')} of ${definition.entity}, ${describeTtl(definition.ttl)}`,
      ];
    case 'feature-service':
      return [
        `${count(
          definition.views.reduce((sum, { features }) => sum + features.length, 0),
          'feature',
        )} of ${definition.views.map(memberName).join(', ')}`,
      ];
    default:
      return definition satisfies never;
  }
}

function viewChanges(before: FeatureView, after: FeatureView): readonly string[] {
  const sentences: string[] = [];
  if (before.entity !== after.entity) sentences.push(`entity becomes ${after.entity} (was ${before.entity})`);
  for (const [name, feature] of Object.entries(after.features)) {
    const known = before.features[name];
    if (known === undefined) {
      sentences.push(`adds feature ${name} (${describeType(feature.type)})`);
      continue;
    }
    if (!same(known.type, feature.type)) {
      sentences.push(
        `feature ${name} becomes ${describeType(feature.type)} (was ${describeType(known.type)})`,
      );
    }
    if (known.description !== feature.description) sentences.push(`description of ${name} changes`);
    if (!same(known.expectations ?? null, feature.expectations ?? null))
      sentences.push(`expectations of ${name} change`);
  }
  for (const name of Object.keys(before.features)) {
    if (after.features[name] === undefined) sentences.push(`removes feature ${name}`);
  }
  if (before.ttl !== after.ttl) sentences.push(`${describeTtl(after.ttl)} (was ${describeTtl(before.ttl)})`);
  return sentences;
}

function memberChanges(before: readonly ServiceView[], after: readonly ServiceView[]): readonly string[] {
  const was = new Map(before.map((member) => [member.as ?? member.view, member]));
  const is = new Map(after.map((member) => [member.as ?? member.view, member]));
  const sentences: string[] = [];
  for (const [alias, member] of is) {
    const known = was.get(alias);
    if (known === undefined) sentences.push(`adds ${memberName(member)} with ${member.features.join(', ')}`);
    else if (!same(known, member))
      sentences.push(`${alias} reads ${member.features.join(', ')} (was ${known.features.join(', ')})`);
  }
  for (const alias of was.keys()) if (!is.has(alias)) sentences.push(`removes ${alias}`);
  if (sentences.length === 0 && !same(before, after)) sentences.push('the order of its views changes');
  return sentences;
}

function memberName({ view, as }: ServiceView): string {
  return as === undefined ? view : `${view} as ${as}`;
}

function describeTtl(ttl: string | null): string {
  return ttl === null ? 'rows never grow too old' : `rows older than ${ttl} are not served`;
}

function columns(keys: Readonly<Record<string, string>>): string {
  return Object.entries(keys)
    .map(([column, type]) => `${column} (${type})`)
    .join(', ');
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b) || canonicalJson(a) === canonicalJson(b);
}
