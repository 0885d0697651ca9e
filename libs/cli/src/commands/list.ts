import { Argument, type Command } from 'commander';
import { definitionSchema } from '@millrace/feature-registry';
import { z } from 'zod';
import { contextOf } from '../globals.ts';
import { getJson } from '../io/http.ts';
import { table } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';

const kinds = ['all', 'entities', 'views', 'services', 'models'] as const;
const definitionsSchema = z.object({ definitions: z.array(z.looseObject({ definition: definitionSchema })) });
const modelsSchema = z.object({
  models: z.array(
    z.looseObject({
      model: z.string(),
      aliases: z.record(z.string(), z.string()),
      versions: z.array(z.string()),
    }),
  ),
});

/** `millrace list [kind]`. */
export function addList(program: Command, terminal: Terminal): void {
  program
    .command('list')
    .summary('list entities, feature views, feature services and models')
    .addArgument(new Argument('[kind]', 'what to list').choices(kinds).default('all'))
    .action(async (kind: (typeof kinds)[number], _: unknown, command: Command) => {
      const { globals, answer } = contextOf(command, terminal);
      const [{ definitions }, { models }] = await Promise.all([
        getJson(`${globals.registryUrl}/v1/definitions`, definitionsSchema),
        getJson(`${globals.registryUrl}/v1/models`, modelsSchema),
      ]);
      const plain = definitions.map(({ definition }) => definition);
      const all = {
        entities: plain.filter((definition) => definition.kind === 'entity'),
        views: plain.filter((definition) => definition.kind === 'feature-view'),
        services: plain.filter((definition) => definition.kind === 'feature-service'),
        models,
      };
      const texts = {
        entities: () =>
          table(
            ['ENTITY', 'KEY', 'OWNER'],
            all.entities.map(({ name, keys, owner }) => [name, columnsText(keys), owner]),
          ),
        views: () =>
          table(
            ['FEATURE VIEW', 'ENTITY', 'FEATURES', 'TTL', 'OWNER'],
            all.views.map(({ name, entity, features, ttl, owner }) => [
              name,
              entity,
              String(Object.keys(features).length),
              ttl ?? 'none',
              owner,
            ]),
          ),
        services: () =>
          table(
            ['FEATURE SERVICE', 'FEATURES', 'VIEWS', 'OWNER'],
            all.services.map(({ name, views, owner }) => [
              name,
              String(views.reduce((sum, { features }) => sum + features.length, 0)),
              views.map(({ view, as }) => (as === undefined ? view : `${view} as ${as}`)).join(', '),
              owner,
            ]),
          ),
        models: () =>
          table(
            ['MODEL', 'VERSIONS', 'ALIASES'],
            models.map(({ model, versions, aliases }) => [
              model,
              String(versions.length),
              aliasesText(aliases),
            ]),
          ),
      };
      if (kind !== 'all') return answer({ [kind]: all[kind] }, texts[kind]);
      return answer(all, () =>
        [texts.entities(), texts.views(), texts.services(), texts.models()].join('\n\n'),
      );
    });
}

function columnsText(keys: Readonly<Record<string, string>>): string {
  return Object.entries(keys)
    .map(([column, type]) => `${column} ${type}`)
    .join(', ');
}

function aliasesText(aliases: Readonly<Record<string, string>>): string {
  return Object.entries(aliases)
    .map(([alias, version]) => `${alias} ${version}`)
    .join(', ');
}
