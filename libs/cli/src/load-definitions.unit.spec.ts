import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDefinitions } from './load-definitions.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-definitions-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(name: string, text: string) {
  const file = join(folder, name);
  await writeFile(file, text);
  return (await loadDefinitions(file)).map(({ kind, name }) => `${kind} ${name}`);
}

const entity = `{ kind: 'entity', name: 'airport', keys: { airport: 'string' }, owner: 'ops', description: '', tags: {} }`;
const definition = `{ kind: 'feature-view', name: 'departures', entity: 'airport', ttl: null, features: { delay: { type: 'double' } }, owner: 'ops' }`;

it('takes what a module exports, and what that is made of', async () => {
  const module = `
    const airport = ${entity};
    const departures = { definition: ${definition}, entity: airport, features: {} };
    const service = { kind: 'feature-service', name: 'late', owner: 'ops', views: [{ view: 'departures', features: ['delay'] }] };
    export const late = { definition: service, views: [{ view: departures, features: ['delay'] }] };
    export const unrelated = 7, helper = () => 1, again = [departures];`;
  expect(await load('late.mjs', module)).toEqual([
    'entity airport',
    'feature-view departures',
    'feature-service late',
  ]);
});

it('takes JSON: a list, definitions, or one', async () => {
  const json = JSON.stringify({ kind: 'entity', name: 'airport', keys: { airport: 'string' }, owner: 'ops' });
  for (const text of [json, `[${json}]`, `{ "definitions": [${json}] }`]) {
    expect(await load('one.json', text)).toEqual(['entity airport']);
  }
});

it('says what is wrong with a file', async () => {
  await expect(load('empty.mjs', 'export const nothing = 1;')).rejects.toThrow('exports no definitions');
  await expect(load('broken.mjs', 'throw new Error("boom")')).rejects.toThrow('cannot be loaded: boom');
  await expect(load('bad.json', '[{ "kind": "entity", "name": "Airport" }]')).rejects.toThrow(
    /lower snake case/,
  );
  const twice = `export const a = ${entity}; export const b = { ...a, owner: 'data' };`;
  await expect(load('twice.mjs', twice)).rejects.toThrow('two of entity airport');
});
