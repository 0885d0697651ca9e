import { expect, it } from 'vitest';
import { defineEntity } from '@millrace/feature-registry';
import { parseEntityKey } from './entity-key.ts';

const airport = defineEntity({ name: 'airport', keys: { code: 'string' }, owner: 'ops' });
const runway = defineEntity({
  name: 'runway',
  keys: { code: 'string', number: 'long', open: 'bool' },
  owner: 'ops',
});
const city = defineEntity({ name: 'city', keys: { code: 'string' }, owner: 'ops' });

it('finds the entity by its columns and gives the key its types', () => {
  expect(parseEntityKey('open=true, number=9007199254740993,code=a=b', [airport, runway], undefined)).toEqual(
    {
      entity: runway,
      key: { code: 'a=b', number: 9007199254740993n, open: true },
    },
  );
  expect(parseEntityKey('code=SFO', [airport, city], 'city').entity.name).toBe('city');
});

it.each([
  ['SFO', 'neither an event id nor a key'],
  ['iata=SFO', 'no entity'],
  ['code=SFO', 'several entities have these columns: airport, city'],
  ['code=SFO,number=x,open=true', 'number of runway must be long'],
])('does not take %s', (text, problem) => {
  expect(() => parseEntityKey(text, [airport, runway, city], undefined)).toThrow(problem);
});
