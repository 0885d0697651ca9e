// npm test [-- <step> …]: sets everything up, then runs every check and says at the end how each went.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePythonEnv } from './python-env.mjs';
import { environment } from './setup/environment.mjs';
import { bin, node24, root } from './setup/paths.mjs';
import { runForeground } from './setup/run.mjs';
import { setup } from './setup.mjs';

const vitest = (project) => [
  join(bin, 'vitest'),
  'run',
  '--project',
  project,
  '--reporter=default',
  `--reporter=${join(root, 'scripts', 'setup', 'failures-reporter.mjs')}`,
];

const steps = {
  lint: [join(bin, 'oxlint'), '--type-aware'],
  format: [join(bin, 'biome'), 'format', '.'],
  types: [join(bin, 'tsc'), '-p', 'tsconfig.json'],
  boundaries: [node24, join('scripts', 'check-boundaries.mjs')],
  unit: vitest('unit'),
  integration: vitest('integration'),
  e2e: vitest('e2e'),
};

async function main() {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !(name in steps));
  if (unknown.length > 0)
    throw new Error(`no such step: ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  await setup();
  await ensurePythonEnv(console.error);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-failures-'));
  const failures = join(folder, 'failures.txt');
  const env = {
    // A server that lives for a minute is not worth the second compiler.
    JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1',
    ...environment,
    MILLRACE_TEST_FAILURES: failures,
  };
  const results = [];
  for (const [name, [command, ...args]] of Object.entries(steps)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    console.log(`\n── ${name}`);
    const begun = Date.now();
    const code = await runForeground(command, args, { cwd: root, env });
    results.push({ name, code, seconds: (Date.now() - begun) / 1000 });
    if (code > 128) break;
  }
  console.log(`\n${results.map(lineOf).join('\n')}`);
  const failed = await readFile(failures, 'utf8').catch(() => '');
  if (failed !== '') console.log(`\nWhat failed:\n${failed}`);
  await rm(folder, { recursive: true });
  return results.every(({ code }) => code === 0) ? 0 : 1;
}

function lineOf({ name, code, seconds }) {
  return `${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(12)}${seconds.toFixed(1).padStart(7)} s`;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
