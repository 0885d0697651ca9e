import { z } from 'zod';
import type { Random } from '../random.ts';

/** An Avro schema as far as the schemas of events go. */
type Schema = string | readonly Schema[] | z.infer<typeof nodeSchema>;

const nodeSchema = z.looseObject({
  type: z.unknown(),
  name: z.string().optional(),
  logicalType: z.string().optional(),
});
const fieldsSchema = z.array(z.object({ name: z.string(), type: z.unknown() }));

/** Whether values stay within what every store takes, or go to the ends of their types. */
export type Manner = 'plain' | 'extreme';

const LONGS = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n] as const;
const INTS = [0, -1, 2 ** 31 - 1, -(2 ** 31), 65_536] as const;
const DOUBLES = [0, -0, 1e308, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;
const TEXTS = [
  '',
  '__proto__',
  '\u0000',
  '😀'.repeat(50),
  "'; DROP TABLE x; --",
  '7'.repeat(10_000),
] as const;
const PLAIN_TIME = 1_700_000_000_000_000n;
/** Texts that the stores keep as UUIDs. */
const IDS: ReadonlySet<string> = new Set(['deadLetterId', 'replayOf', 'requestId']);
/** One name is used again and again, so that what is kept for each name stays small. */
const NAMES = 20;

/** Makes values of Avro schemas; named records are remembered, as a schema may refer to one by its name. */
export function avroValues(random: Random): (schema: unknown, manner: Manner) => unknown {
  const named = new Map<string, Schema>();

  function make(schema: unknown, manner: Manner): unknown {
    if (Array.isArray(schema)) return ofUnion(schema, manner);
    if (typeof schema === 'string')
      return named.has(schema) ? make(named.get(schema), manner) : ofName(schema, manner);
    const node = nodeSchema.parse(schema);
    if (node.logicalType === 'uuid')
      return manner === 'plain' ? random.uuid() : random.pick(['', 'x', random.uuid()]);
    if (node.logicalType?.startsWith('timestamp') === true)
      return manner === 'plain' ? PLAIN_TIME + BigInt(random.int(0, 1_000_000)) : random.pick(LONGS);
    switch (node.type) {
      case 'record': {
        if (node.name !== undefined) named.set(node.name, node).set(`millrace.${node.name}`, node);
        const fields = fieldsSchema.parse(node['fields']);
        return Object.fromEntries(
          fields.map(({ name, type }) => [name, IDS.has(name) ? random.uuid() : make(type, manner)]),
        );
      }
      case 'array':
        return Array.from({ length: random.int(0, 3) }, () => make(node['items'], manner));
      case 'map':
        return Object.fromEntries(
          Array.from({ length: random.int(0, 3) }, (_, i) => [`k${i}`, make(node['values'], manner)]),
        );
      default:
        return make(node.type, manner);
    }
  }

  function ofUnion(branches: readonly unknown[], manner: Manner): unknown {
    const branch = branches[random.int(0, branches.length - 1)];
    const value = make(branch, manner);
    if (value === null || branches.filter((one) => one !== 'null').length === 1) return value;
    return { [branchName(branch)]: value };
  }

  function ofName(name: string, manner: Manner): unknown {
    const plain = manner === 'plain';
    switch (name) {
      case 'null':
        return null;
      case 'boolean':
        return random.chance(0.5);
      case 'int':
        return plain ? random.int(0, 100) : random.pick(INTS);
      case 'long':
        return plain ? BigInt(random.int(0, 1_000_000)) : random.pick(LONGS);
      case 'float':
      case 'double':
        return plain ? random.next() : random.pick(DOUBLES);
      case 'bytes':
        return random.bytes(random.int(0, plain ? 20 : 2_000));
      case 'string':
        return plain ? `fuzz_${random.int(1, NAMES)}` : random.pick(TEXTS);
      default:
        throw new Error(`no value of ${name} is known`);
    }
  }

  return make;
}

/** The name of a union's branch, as an encoder wants it beside the value. */
function branchName(branch: unknown): string {
  return typeof branch === 'string' ? branch : z.object({ type: z.string() }).parse(branch).type;
}
