import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileAvro } from '../avro.ts';
import { AvroReader } from './avro-reader.ts';
import { parseAvroSchema } from './avro-schema.ts';
import { skipOf } from './skip-avro.ts';

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

test('longs are read in halves, exactly', () => {
  const type = compileAvro({ type: 'long' });
  fc.assert(
    fc.property(long, (value) => {
      const reader = new AvroReader();
      reader.reset(type.toBuffer(value));
      reader.long();
      expect((BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0)).toBe(value);
      reader.end();
    }),
  );
});

test('whatever is skipped is skipped to its end', () => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: ['null', { type: 'map', values: { type: 'array', items: 'long' } }] },
      { name: 'b', type: { type: 'enum', name: 'E', symbols: ['p', 'q'] } },
      { name: 'c', type: { type: 'fixed', name: 'F', size: 3 } },
      { name: 'd', type: { type: 'array', items: 'E' } },
    ],
  } as const;
  const type = compileAvro(JSON.parse(JSON.stringify(schema)));
  const bytes = type.toBuffer({ a: { k: [1n, -9n], l: [] }, b: 'q', c: Buffer.from('abc'), d: ['p', 'q'] });
  const reader = new AvroReader();
  reader.reset(bytes);
  skipOf(parseAvroSchema(JSON.stringify(schema)))(reader);
  reader.end();
});
