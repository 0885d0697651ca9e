import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileAvro } from '../avro.ts';
import { eventSchemas } from '../generated/events.ts';
import { parseAvroSchema } from './avro-schema.ts';
import { checkOf } from './check-avro.ts';

const schemas = Object.entries(eventSchemas);

describe('a check of Avro bytes', () => {
  it.each(schemas)(
    'takes every %s that can be written, and none that is cut or has more behind it',
    (_, schema) => {
      const check = checkOf(parseAvroSchema(JSON.stringify(schema)));
      const type = compileAvro(schema);
      for (let i = 0; i < 50; i += 1) {
        const bytes = type.toBuffer(type.random());
        check(bytes);
        expect(() => check(bytes.subarray(0, -1))).toThrow(/ends too soon|more items/);
        expect(() => check(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(/are left/);
      }
    },
  );

  it.each(schemas)('lets nothing through as %s that the decoder would choke on', (_, schema) => {
    const check = checkOf(parseAvroSchema(JSON.stringify(schema)));
    const type = compileAvro(schema);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        const bytes = Buffer.from(garbage);
        try {
          check(bytes);
        } catch {
          return;
        }
        expect(() => type.fromBuffer(bytes)).not.toThrow();
      }),
    );
  });

  it('refuses a count that no bytes stand behind at once', () => {
    const check = checkOf(parseAvroSchema('{"type":"array","items":"long"}'));
    expect(() => check(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 0]))).toThrow(/more items than bytes/);
  });

  it('refuses text that is not UTF-8', () => {
    const check = checkOf(parseAvroSchema('"string"'));
    expect(() => check(Buffer.from([2, 0xff]))).toThrow(/not UTF-8/);
  });
});
