import { z } from 'zod';
import type { Random } from '../random.ts';
import type { JsonSchema } from './open-api.ts';

/** How a value is made. */
export interface Making {
  readonly random: Random;
  readonly named: Readonly<Record<string, JsonSchema>>;
  /** The share of places where something else stands than the schema says. */
  readonly wrong: number;
  /** Values that mean something here, by the name of their field. */
  readonly known: Readonly<Record<string, readonly [unknown, ...unknown[]]>>;
}

const MOST_DEPTH = 8;
const schemasOf = z.array(z.record(z.string(), z.unknown()));
const propertiesOf = z.record(z.string(), z.record(z.string(), z.unknown()));
const oneOf = z.record(z.string(), z.unknown());
const LONG = 'x'.repeat(20_000);

/** Values that are nearly never right. */
const odd: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -1,
  -0.5,
  1e308,
  2 ** 53 + 2,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '😀',
  '__proto__',
  '7'.repeat(400),
  LONG,
  "' OR 1=1 --",
  '../../etc/passwd',
  '2001-01-31T13:45:00',
  '9999-12-31T23:59:59.999999Z',
  '-000001-01-01T00:00:00Z',
  [],
  [[]],
  {},
  { constructor: { prototype: {} } },
  { rows: null },
  Array.from({ length: 2_000 }, () => null),
];

/** Makes a value that fits a schema, or nearly does. */
export function jsonValue(schema: JsonSchema, making: Making, field = '', depth = 0): unknown {
  const { random, wrong, known } = making;
  if (random.chance(wrong)) return random.pick(odd);
  const meant = known[field];
  if (meant !== undefined && random.chance(0.8)) return random.pick(meant);
  if (depth > MOST_DEPTH) return null;
  const { $ref: reference, anyOf, oneOf: either, allOf, const: fixed, enum: choices } = schema;
  if (typeof reference === 'string') {
    return jsonValue(making.named[reference.split('/').at(-1) ?? ''] ?? {}, making, field, depth + 1);
  }
  if (fixed !== undefined) return fixed;
  if (Array.isArray(choices)) return choices[random.int(0, choices.length - 1)];
  const branches = schemasOf.safeParse(anyOf ?? either).data;
  if (branches !== undefined)
    return jsonValue(branches[random.int(0, branches.length - 1)] ?? {}, making, field, depth + 1);
  const all = schemasOf.safeParse(allOf).data;
  if (all !== undefined)
    return Object.assign({}, ...all.map((one) => jsonValue(one, making, field, depth + 1)));
  return ofType(schema, making, field, depth);
}

function ofType(schema: JsonSchema, making: Making, field: string, depth: number): unknown {
  const { random } = making;
  const { type } = schema;
  switch (Array.isArray(type) ? type[random.int(0, type.length - 1)] : type) {
    case 'null':
      return null;
    case 'boolean':
      return random.chance(0.5);
    case 'integer':
      return random.pick([0, 1, random.int(-1_000, 1_000), 2 ** 31, Number.MAX_SAFE_INTEGER]);
    case 'number':
      return random.pick([0, 1.5, -1e-300, random.next(), 1e21]);
    case 'string':
      return random.pick(['a', 'fuzz', '2001-01-31T13:45:00Z', random.uuid(), '1d', 'ü✈']);
    case 'array': {
      const items = oneOf.safeParse(schema['items']).data ?? {};
      return Array.from({ length: random.int(0, 3) }, () => jsonValue(items, making, field, depth + 1));
    }
    case 'object':
      return ofObject(schema, making, depth);
    default:
      return random.pick(odd);
  }
}

function ofObject(schema: JsonSchema, making: Making, depth: number): unknown {
  const { random, wrong } = making;
  const required = z.array(z.string()).safeParse(schema['required']).data ?? [];
  const made: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(propertiesOf.safeParse(schema['properties']).data ?? {})) {
    const leftOut = required.includes(name) ? random.chance(wrong) : random.chance(0.3);
    if (!leftOut) made[name] = jsonValue(property, making, name, depth + 1);
  }
  const others = oneOf.safeParse(schema['additionalProperties']).data;
  if (others !== undefined) {
    for (let count = random.int(0, 2); count > 0; count -= 1) {
      const name = random.pick(['sensor', 'value', 'site', '', '__proto__', 'a.b', '0', '😀']);
      made[name] = jsonValue(others, making, name, depth + 1);
    }
  }
  if (random.chance(wrong)) made[random.pick(['extra', 'toString', ''])] = random.pick(odd);
  return made;
}
