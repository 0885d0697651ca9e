import { expect, test } from 'vitest';
import { RowWriter } from '../row-binary/row-writer.ts';
import { type Codec, instant, int32, int64, uint16, uint64, uint8, uuid } from './codec.ts';

const written = <T>(codec: Codec<T>, value: T) => {
  const writer = new RowWriter(64);
  codec.write(writer, value);
  return writer.size;
};

test.each([
  ['UInt8', () => written(uint8, 256)],
  ['UInt8', () => written(uint8, -1)],
  ['UInt16', () => written(uint16, 2 ** 31 - 1)],
  ['UInt16', () => written(uint16, -1)],
  ['Int32', () => written(int32, 2 ** 31)],
  ['Int64', () => written(int64, 2n ** 63n)],
  ['UInt64', () => written(uint64, -1n)],
  ['UUID', () => written(uuid, 'seven')],
])('what a column of %s cannot hold is a fault of the event, not of ours', (_type, write) => {
  expect(write).toThrow(expect.objectContaining({ code: 'VALUE_INVALID', retry: false }));
});

test('a time outside the years 1 to 9999 is a fault of the event', () => {
  for (const time of [2n ** 63n - 1n, -(2n ** 63n)]) {
    expect(() => written(instant, time)).toThrow(expect.objectContaining({ code: 'TIME_INVALID' }));
  }
});

test('the ends of the types fit', () => {
  expect([written(uint8, 255), written(uint16, 65_535), written(int32, -(2 ** 31))]).toEqual([1, 2, 4]);
  expect([written(int64, -(2n ** 63n)), written(uint64, 2n ** 64n - 1n)]).toEqual([8, 8]);
});
