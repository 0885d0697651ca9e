import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compileAvro } from './avro.ts';
import { generateEvents } from './generate-events.ts';
import { eventSchemas } from './generated/events.ts';

it('keeps the generated types equal to the schemas', () => {
  const generated = readFileSync(new URL('./generated/events.ts', import.meta.url), 'utf8');
  expect(generated, 'run: node libs/events/generate.ts').toBe(generateEvents());
});

it.each(Object.entries(eventSchemas))('%s compiles on its own', (name, schema) => {
  expect(compileAvro(schema).name).toBe(`millrace.${name}`);
});
