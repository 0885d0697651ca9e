import { describe, expect, test } from 'vitest';
import { assertTestName, isTestName, uniqueName } from './names.ts';

describe('names of tests', () => {
  test('are unique, and known again inside of other names', () => {
    const name = uniqueName('orders');
    expect(name).toMatch(/^test_orders_[0-9a-f]{8}$/);
    expect(uniqueName('orders')).not.toBe(name);
    for (const inside of [name, `features.${name}`, `features_${name}_raw`, `gateway.features.${name}`]) {
      expect(assertTestName(inside)).toBe(inside);
    }
  });

  test.each(['predictions', 'features_airport_raw', 'test_orders', 'latest_orders_1f3a90bc', ''])(
    '%s is none',
    (name) => {
      expect(isTestName(name)).toBe(false);
      expect(() => assertTestName(name)).toThrow('it stays');
    },
  );
});
