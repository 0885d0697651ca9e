import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileAvro } from './avro.ts';
import { eventSchemas } from './generated/events.ts';

const label = compileAvro(eventSchemas.LabelObserved);
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

it('round-trips every long exactly, and tells a long from a double', () => {
  const value = fc.oneof(
    long.map((n) => ({ long: n })),
    fc.double({ noNaN: true }).map((double) => ({ double })),
    fc.string().map((string) => ({ string })),
    fc.boolean().map((boolean) => ({ boolean })),
    fc.constant(null),
  );
  fc.assert(
    fc.property(long, fc.option(long), value, (eventTime, labelTime, scalar) => {
      const event = {
        envelope: {
          eventId: 'id',
          eventTime,
          producer: { service: 's', version: null, commit: null },
          traceparent: null,
        },
        predictionId: 'p',
        entityKey: null,
        labelTime,
        model: null,
        name: 'late',
        value: scalar,
      };
      const read: unknown = label.fromBuffer(label.toBuffer(event));
      expect(read).toMatchObject(event);
    }),
  );
});

it('refuses a long that has more than 64 bits', () => {
  const type = compileAvro({ type: 'record', name: 'R', fields: [{ name: 'n', type: 'long' }] });
  expect(type.isValid({ n: 2n ** 63n })).toBe(false);
});
