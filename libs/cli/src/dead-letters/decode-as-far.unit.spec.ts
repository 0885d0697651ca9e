import { describe, expect, it } from 'vitest';
import { compileAvro } from '@millrace/events';
import { parseAvroSchema } from '@millrace/events/avro-bytes';
import { decodeAsFar } from './decode-as-far.ts';
import { hexDump } from './hex-dump.ts';

const schema = {
  type: 'record',
  name: 'Row',
  fields: [
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'key', type: { type: 'record', name: 'Key', fields: [{ name: 'airport', type: 'string' }] } },
    { name: 'delay', type: ['null', 'double'] },
    { name: 'tags', type: { type: 'map', values: 'int' } },
    { name: 'words', type: { type: 'array', items: 'string' } },
  ],
};
const node = parseAvroSchema(JSON.stringify(schema));
const whole = compileAvro(schema).toBuffer({
  at: 980_000_000_000_001n,
  key: { airport: 'SFO' },
  delay: 1.5,
  tags: { a: 1 },
  words: ['x', 'y'],
});

describe('decoding as far as it goes', () => {
  it('names every field of a whole record', () => {
    expect(decodeAsFar(node, whole)).toEqual({
      fields: [
        { path: 'at', value: '2001-01-20T14:13:20.000001Z' },
        { path: 'key.airport', value: '"SFO"' },
        { path: 'delay', value: '1.5' },
        { path: 'tags.a', value: '1' },
        { path: 'words[0]', value: '"x"' },
        { path: 'words[1]', value: '"y"' },
      ],
    });
  });

  it('says where and why it broke off', () => {
    const cut = decodeAsFar(node, whole.subarray(0, 14));
    expect(cut.fields.map(({ path }) => path)).toEqual(['at', 'key.airport']);
    expect(cut.brokeOff).toMatchObject({ path: 'delay', reason: expect.stringMatching(/ends too soon/) });
    expect(decodeAsFar(node, Buffer.concat([whole, Buffer.from('more')])).brokeOff).toMatchObject({
      path: '(the end)',
      reason: expect.stringMatching(/4 bytes are left/),
    });
  });

  it('shows bytes in hex with their characters', () => {
    expect(hexDump(Buffer.from('\u0000millrace, a mill'), 16)).toBe(
      `000000  00 6d 69 6c 6c 72 61 63 65 2c 20 61 20 6d 69 6c  .millrace, a mil\n… 1 bytes more`,
    );
  });
});
