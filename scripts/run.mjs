// node scripts/run.mjs <file.ts> …args: sets everything up, then runs the file on Node 24.
import { delimiter, resolve } from 'node:path';
import { bin, node24, root } from './setup/paths.mjs';
import { runForeground } from './setup/run.mjs';
import { setup } from './setup.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node scripts/run.mjs <file.ts> …args');
  process.exit(2);
}
try {
  await setup();
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  process.exit(await runForeground(node24, [resolve(root, file), ...args], { cwd: process.cwd(), env }));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
