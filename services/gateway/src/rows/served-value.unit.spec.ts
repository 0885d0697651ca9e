import { describe, expect, test } from 'vitest';
import type { FeatureType } from '@millrace/feature-registry';
import { servedValue } from './served-value.ts';

describe('servedValue', () => {
  const taken: readonly [unknown, FeatureType | undefined, unknown][] = [
    [null, 'double', null],
    [3, 'double', { double: 3 }],
    ['NaN', 'float', { double: Number.NaN }],
    [3, 'int', { long: 3n }],
    ['9007199254740993', 'long', { long: 9007199254740993n }],
    ['1970-01-01T00:00:00.000001Z', 'timestamp', { long: 1n }],
    [1, 'timestamp', { long: 1n }],
    [false, 'bool', { boolean: false }],
    ['7', 'string', { string: '7' }],
    [[1, 2], { embedding: 'double', dimension: 2 }, { array: [{ double: 1 }, { double: 2 }] }],
    [3, undefined, { long: 3n }],
    [3.5, undefined, { double: 3.5 }],
    ['7', undefined, { string: '7' }],
    [[1, 2.5], undefined, { array: [{ double: 1 }, { double: 2.5 }] }],
    [[1, 2], undefined, { array: [{ long: 1n }, { long: 2n }] }],
    [['a'], { array: 'string' }, { array: [{ string: 'a' }] }],
  ];
  test.each(taken)('%j as %j', (value, type, expected) => {
    expect(servedValue(value, type)).toEqual({ ok: true, value: expected });
  });

  const refused: readonly [unknown, FeatureType | undefined][] = [
    ['3', 'double'],
    [3.5, 'int'],
    [2 ** 53, 'long'],
    ['9223372036854775808', 'long'],
    ['yesterday', 'timestamp'],
    [[1], 'double'],
    [1, { array: 'double' }],
    [[1, null], { array: 'double' }],
    [{}, undefined],
    [[[1]], undefined],
  ];
  test.each(refused)('not %j as %j', (value, type) => {
    expect(servedValue(value, type).ok).toBe(false);
  });
});
