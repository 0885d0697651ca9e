import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '@millrace/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions } from './demo/options.ts';
import { type DemoResult, startDemo } from './demo/run-demo.ts';

const lines: string[] = [];
const output = {
  line: (text: string) => void lines.push(text),
  colour: false,
  progress: () => ({ update: () => undefined, stop: () => undefined }),
};

describe('the demo', () => {
  let folder: string;
  let demo: Running<DemoResult>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flights-demo-'));
    const options = parseOptions([
      '--flights',
      '3000',
      '--window',
      '1h',
      '--reference',
      '2h',
      '--folder',
      folder,
    ]);
    demo = await startDemo(options, output);
  });

  afterAll(async () => {
    await demo?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('holds up', () => {
    expect(demo.value.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(demo.value.passed).toBe(true);
    expect(demo.value.sent).toMatchObject({ predictions: 3000, labels: 3000 });
  });
});
