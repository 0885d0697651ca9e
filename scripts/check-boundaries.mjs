// Holds the direction of imports. Runs on Node 24: `npm run boundaries`.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';
import { root } from './setup/paths.mjs';

const FOLDERS = ['libs', 'services', 'deploy', 'examples', 'load-tests'];

/**
 * Reads all sources under a folder laid out like this repository and applies the rules to their imports.
 *
 * @param {string} [folder]
 * @returns {Promise<{ modules: number, violations: string[] }>} how many sources were read, and each broken rule
 * @throws {Error} when no import was found: the parser reads nothing then, and everything would pass
 */
export async function checkBoundaries(folder = root) {
  const present = [];
  for (const name of FOLDERS) if (await exists(join(folder, name))) present.push(name);
  const { forbidden, options } = config;
  const { output } = await cruise(present, {
    ...options,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden },
  });
  const sources = output.modules.filter((module) => module.source.endsWith('.ts'));
  if (!sources.some((module) => module.dependencies.length > 0)) {
    throw new Error(
      `no import was found in ${sources.length} sources under ${folder}: the check sees nothing`,
    );
  }
  const violations = output.summary.violations.map(
    ({ rule, from, to, cycle }) =>
      `${rule.name}: ${[from, ...(cycle?.map((step) => step.name) ?? [to])].join(' -> ')}`,
  );
  return { modules: sources.length, violations };
}

function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { modules, violations } = await checkBoundaries(process.argv[2]);
    for (const line of violations) console.error(line);
    console.log(`${modules} sources, ${violations.length} broken rules`);
    process.exitCode = violations.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
