import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkBoundaries } from './check-boundaries.mjs';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function tree(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-boundaries-'));
  folders.push(folder);
  const driver = {
    'node_modules/kafkajs/package.json': '{"main":"index.js"}',
    'node_modules/kafkajs/index.js': '',
  };
  for (const [name, text] of Object.entries({ ...driver, ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function violationsOf(files: Record<string, string>): Promise<string[]> {
  return (await checkBoundaries(await tree(files))).violations;
}

describe('the direction of imports', () => {
  test('lets the right direction pass', async () => {
    const violations = await violationsOf({
      'libs/kernel/src/a.ts': 'export const a = 1;',
      'libs/events/src/b.ts': "export { a } from '../../kernel/src/a.ts';",
      'libs/event-log/src/c.ts': "import 'kafkajs'; export { a } from '../../events/src/b.ts';",
      'services/gateway/src/d.ts': "import { a } from '../../../libs/event-log/src/c.ts'; console.log(a);",
    });
    expect(violations).toEqual([]);
  });

  test.each([
    ['kernel-imports-nothing-of-ours', 'libs/kernel/src/x.ts', '../../events/src/y.ts'],
    ['domain-imports-kernel-and-domain', 'libs/events/src/x.ts', '../../event-log/src/y.ts'],
    ['platform-imports-platform-and-below', 'libs/event-log/src/x.ts', '../../cli/src/y.ts'],
    ['service-imports-no-service', 'services/gateway/src/x.ts', '../../monitor/src/y.ts'],
    ['service-imports-platform-and-below', 'services/gateway/src/x.ts', '../../../libs/client/src/y.ts'],
    ['libraries-and-stack-import-no-service', 'libs/cli/src/x.ts', '../../../services/gateway/src/y.ts'],
  ])('%s', async (rule, from, to) => {
    const target = join(dirname(from), to);
    const planted = await violationsOf({
      [from]: `import { y } from '${to}'; console.log(y);`,
      [target]: 'export const y = 1;',
    });
    expect(planted).toEqual([`${rule}: ${from} -> ${target}`]);
    const typeOnly = await violationsOf({
      [from]: `import type { Y } from '${to}';\nexport const x: Y = 1;`,
      [target]: 'export type Y = number;',
    });
    expect(typeOnly).toEqual([`${rule}: ${from} -> ${target}`]);
  });

  test('the domain knows no driver', async () => {
    const planted = await violationsOf({ 'libs/statistics/src/x.ts': "import 'kafkajs';" });
    expect(planted).toEqual([
      'domain-knows-no-driver: libs/statistics/src/x.ts -> node_modules/kafkajs/index.js',
    ]);
  });

  test('no cycle', async () => {
    const planted = await violationsOf({
      'libs/events/src/x.ts': "import './y.ts';",
      'libs/events/src/y.ts': "import './x.ts';",
    });
    expect(planted.join()).toContain('no-cycle: ');
    const typesOnly = await violationsOf({
      'libs/events/src/x.ts': "import './y.ts'; export type X = 1;",
      'libs/events/src/y.ts': "import type { X } from './x.ts'; export const y: X = 1;",
    });
    expect(typesOnly).toEqual([]);
  });

  test('an import that leads nowhere is an error', async () => {
    expect(await violationsOf({ 'libs/events/src/x.ts': "import './gone.ts';" })).toHaveLength(1);
  });

  test('a check that sees nothing fails', async () => {
    await expect(
      checkBoundaries(await tree({ 'libs/events/src/x.ts': 'export const x = 1;' })),
    ).rejects.toThrow('the check sees nothing');
  });
});
