import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isUuid, newEventId } from './event-id.ts';

const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

it('takes what has the shape of a UUID in lower case, and nothing else', () => {
  const near = fc
    .record({ at: fc.nat(36), put: fc.constantFrom('', 'g', 'A', '-', '0', '/', ':', '`', '\n', 'é') })
    .map(({ at, put }) => {
      const id = newEventId();
      return id.slice(0, at) + put + id.slice(at + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.uuid(), fc.string(), near), (text) => {
      expect(isUuid(text)).toBe(SHAPE.test(text));
    }),
    { numRuns: 2_000 },
  );
});
