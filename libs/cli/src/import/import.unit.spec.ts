import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineEntity, defineFeatureView } from '@millrace/feature-registry';
import { readCsv } from './read-csv.ts';
import { plainValue, rowConverter } from './to-row.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function csv(text: string) {
  const file = join(folder, 'rows.csv');
  await writeFile(file, text);
  const rows = [];
  for await (const row of readCsv(file)) rows.push(row);
  return rows;
}

describe('CSV', () => {
  it('keeps commas, quotes and line breaks in quotes, and tells empty from missing', async () => {
    expect(await csv('\uFEFFa,b,c\r\n"x, ""y""\nz",,""\r\n1,2,3')).toEqual([
      { a: 'x, "y"\nz', b: null, c: '' },
      { a: '1', b: '2', c: '3' },
    ]);
  });

  it('says which record has another number of fields', async () => {
    await expect(csv('a,b\n1,2\n1\n')).rejects.toThrow('record 3 of');
  });

  it('reads back what was written, whatever it is', async () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', '😀') });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), async (rows) => {
        const text = ['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\n');
        expect(await csv(text)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
      { numRuns: 50 },
    );
  });
});

describe('rows of a file', () => {
  const airport = defineEntity({ name: 'airport', keys: { airport: 'string', gate: 'int' }, owner: 'ops' });
  const { definition } = defineFeatureView({
    name: 'departures',
    entity: airport,
    ttl: null,
    owner: 'ops',
    features: {
      delay: { type: 'double' },
      seen: { type: 'timestamp' },
      shares: { type: { array: 'float' } },
    },
  });
  const header = ['airport', 'door', 'at', 'delay', 'other'];
  const mapping = { eventTime: 'at', columns: new Map([['gate', 'door']]) };

  it('become rows of the view', () => {
    const convert = rowConverter(definition, airport, mapping, header);
    expect(convert({ airport: 'SFO', door: '7', at: new Date(0), delay: '1.5e1', other: 'x' })).toEqual({
      airport: 'SFO',
      gate: 7,
      eventTime: '1970-01-01T00:00:00.000Z',
      delay: 15,
    });
  });

  it('need key columns, event time and what was mapped', () => {
    expect(() => rowConverter(definition, airport, { ...mapping, columns: new Map() }, header)).toThrow(
      'no column gate',
    );
    expect(() => rowConverter(definition, airport, { ...mapping, eventTime: 'when' }, header)).toThrow(
      'no column when',
    );
    expect(() =>
      rowConverter(definition, airport, { ...mapping, columns: new Map([['gates', 'door']]) }, header),
    ).toThrow('no such key column');
  });

  it.each([
    ['7', 'int', 7],
    ['seven', 'int', 'seven'],
    ['9007199254740993', 'long', '9007199254740993'],
    [9007199254740993n, 'long', '9007199254740993'],
    [5n, 'int', 5],
    [1n, 'timestamp', '1970-01-01T00:00:00.000001Z'],
    [Number.NaN, 'double', 'NaN'],
    ['TRUE', 'bool', true],
    ['', 'string', ''],
    [null, 'double', null],
    ['[1, "x"]', { array: 'double' }, [1, 'x']],
  ] as const)('%s as %j is %j', (value, type, expected) => {
    expect(plainValue(value, type)).toEqual(expected);
  });
});
