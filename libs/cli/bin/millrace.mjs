#!/usr/bin/env node
// Runs the command on Node 24, which reads TypeScript; an older Node starts the one that npm brought.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main);
} else {
  const found = createRequire(import.meta.url).resolve('node/package.json');
  const { status } = spawnSync(join(dirname(found), 'bin', 'node'), [main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
