import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asOfKey, type LogPosition, packPosition, unpackPosition } from './position.ts';

const position: fc.Arbitrary<LogPosition> = fc.record({
  epoch: fc.nat(255),
  partition: fc.nat(65_535),
  offset: fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }),
});
const time = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });

it('packs and unpacks', () => {
  fc.assert(
    fc.property(position, (at) => {
      expect(unpackPosition(packPosition(at))).toEqual(at);
    }),
  );
});

it('orders by epoch, then offset, then partition', () => {
  const parts = (at: LogPosition) => [BigInt(at.epoch), at.offset, BigInt(at.partition)] as const;
  fc.assert(
    fc.property(position, position, (a, b) => {
      const [x, y] = [parts(a), parts(b)];
      const index = x.findIndex((part, i) => part !== y[i]);
      const less = index >= 0 && (x[index] ?? 0n) < (y[index] ?? 0n);
      expect(packPosition(a) < packPosition(b)).toBe(less);
    }),
  );
});

it('orders as-of keys by event time, before 1970 too, and then by position; it fits 128 bits', () => {
  fc.assert(
    fc.property(time, position, time, position, (t1, p1, t2, p2) => {
      const [a, b] = [asOfKey(t1, packPosition(p1)), asOfKey(t2, packPosition(p2))];
      expect(a < b).toBe(t1 < t2 || (t1 === t2 && packPosition(p1) < packPosition(p2)));
      expect(BigInt.asUintN(128, a)).toBe(a);
    }),
  );
});
