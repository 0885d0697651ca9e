import type { Command } from 'commander';
import { definitionSchema, describeType } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import { contextOf, type Globals } from '../globals.ts';
import { getJson } from '../io/http.ts';
import { table } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';

const definitionKinds = ['entity', 'feature-view', 'feature-service'] as const;
const kindSchema = z.enum([...definitionKinds, 'model']);

const describedSchema = z.looseObject({
  definition: definitionSchema,
  hash: z.string(),
  registrations: z.number(),
  topic: z.string().optional(),
  schemaId: z.number().optional(),
  serviceHash: z.string().optional(),
  readBy: z.array(z.string()),
});
const modelSchema = z.looseObject({
  model: z.string(),
  aliases: z.record(z.string(), z.string()),
  versions: z.array(
    z.looseObject({
      version: z.string(),
      featureService: z.string(),
      metrics: z.record(z.string(), z.number()),
    }),
  ),
  history: z.array(z.looseObject({ recordedAt: z.string(), summary: z.string() })),
});
type Described = z.infer<typeof describedSchema>;
type Model = z.infer<typeof modelSchema>;

/** `millrace describe <name>`. */
export function addDescribe(program: Command, terminal: Terminal): void {
  program
    .command('describe')
    .summary('everything about one entity, feature view, feature service or model')
    .argument('<name>', 'its name')
    .option(
      '-k, --kind <kind>',
      'entity, feature-view, feature-service or model, where a name stands for several',
    )
    .action(async (name: string, _: unknown, command: Command) => {
      const { globals, answer } = contextOf(command, terminal);
      const { kind } = z.object({ kind: kindSchema.optional() }).parse(command.opts());
      const found = await find(name, kind, globals);
      const json = found.map((one) => ('model' in one ? one.model : one.definition));
      return answer(json.length === 1 ? json[0] : json, () =>
        found
          .map((one) => ('model' in one ? modelText(one.model) : definitionText(one.definition)))
          .join('\n\n'),
      );
    });
}

type Found = { readonly definition: Described } | { readonly model: Model };

async function find(
  name: string,
  kind: z.infer<typeof kindSchema> | undefined,
  { registryUrl }: Globals,
): Promise<readonly Found[]> {
  const kinds = kind === undefined ? kindSchema.options : [kind];
  const asked = await Promise.all(
    kinds.map(async (each): Promise<Found | undefined> => {
      const id = encodeURIComponent(name);
      try {
        if (each === 'model') return { model: await getJson(`${registryUrl}/v1/models/${id}`, modelSchema) };
        return { definition: await getJson(`${registryUrl}/v1/definitions/${each}/${id}`, describedSchema) };
      } catch (error) {
        if (
          error instanceof MillraceError &&
          (error.details['status'] === 404 || error.details['status'] === 400)
        )
          return undefined;
        throw error;
      }
    }),
  );
  const found = asked.filter((one) => one !== undefined);
  if (found.length > 0) return found;
  const what = kind ?? 'entity, feature view, feature service or model';
  throw new MillraceError('DEFINITION_UNKNOWN', `there is no ${what} named ${name}`);
}

function definitionText(described: Described): string {
  const { definition } = described;
  const facts: [string, string][] = [
    ['owner', definition.owner],
    ['description', definition.description],
    [
      'tags',
      Object.entries(definition.tags)
        .map(([tag, value]) => `${tag}=${value}`)
        .join(', '),
    ],
  ];
  switch (definition.kind) {
    case 'entity':
      facts.push([
        'key',
        Object.entries(definition.keys)
          .map(([column, type]) => `${column} ${type}`)
          .join(', '),
      ]);
      break;
    case 'feature-view':
      facts.push(
        ['entity', definition.entity],
        ['ttl', definition.ttl ?? 'none'],
        ['topic', described.topic ?? ''],
      );
      facts.push(['schema id', String(described.schemaId ?? '')]);
      break;
    case 'feature-service':
      facts.push(['service hash', described.serviceHash ?? '']);
      break;
    default:
      definition satisfies never;
  }
  facts.push(
    ['read by', described.readBy.join(', ')],
    ['registered', `${described.registrations} ${described.registrations === 1 ? 'time' : 'times'}`],
  );
  const text = [
    `${definition.kind} ${definition.name}`,
    ...facts.filter(([, value]) => value !== '').map(([name, value]) => `  ${name.padEnd(13)}${value}`),
  ].join('\n');
  const features = featuresText(definition);
  return features === '' ? text : `${text}\n\n${features}`;
}

function featuresText(definition: Described['definition']): string {
  if (definition.kind === 'feature-view') {
    return table(
      ['FEATURE', 'TYPE', 'EXPECTED', 'DESCRIPTION'],
      Object.entries(definition.features).map(([name, { type, expectations, description }]) => [
        name,
        describeType(type),
        expectations === undefined ? '' : JSON.stringify(expectations),
        description,
      ]),
    );
  }
  if (definition.kind !== 'feature-service') return '';
  return table(
    ['VIEW', 'AS', 'FEATURES', 'KEYS'],
    definition.views.map(({ view, as, features, keys = {} }) => [
      view,
      as ?? '',
      features.join(', '),
      Object.entries(keys)
        .map(([key, column]) => `${key} from ${column}`)
        .join(', '),
    ]),
  );
}

function modelText({ model, aliases, versions, history }: Model): string {
  const behind = (version: string) =>
    Object.entries(aliases)
      .flatMap(([alias, of]) => (of === version ? [alias] : []))
      .join(', ');
  return [
    `model ${model}`,
    '',
    table(
      ['VERSION', 'ALIAS', 'FEATURE SERVICE', 'METRICS'],
      versions.map(({ version, featureService, metrics }) => [
        version,
        behind(version),
        featureService,
        Object.entries(metrics)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
      ]),
    ),
    '',
    table(
      ['RECORDED AT', 'WHAT HAPPENED'],
      history.map(({ recordedAt, summary }) => [recordedAt, summary]),
    ),
  ].join('\n');
}
