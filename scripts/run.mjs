// node scripts/run.mjs <file.ts> …args: sets everything up, then runs the file on Node 24.
import { resolve } from 'node:path';
import { environment } from './setup/environment.mjs';
import { node24, root } from './setup/paths.mjs';
import { runForeground } from './setup/run.mjs';
import { setup } from './setup.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node scripts/run.mjs <file.ts> …args');
  process.exit(2);
}
try {
  await setup();
  const command = [resolve(root, file), ...args];
  process.exit(await runForeground(node24, command, { cwd: process.cwd(), env: environment }));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
