import { execFile } from 'node:child_process';
import { access, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bin, node24, root } from './paths.mjs';
import { runStep } from './run.mjs';

const run = promisify(execFile);
const NODE_MAJOR = 24;

/**
 * Brings node_modules to what package-lock.json says, with a Node 24 in it.
 *
 * @param {(line: string) => void} report
 */
export async function ensurePackages(report) {
  // onnxruntime-node's install step looks for CUDA files otherwise.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  if (!(await isInstalled())) {
    await runStep('Installing packages (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: root,
      env,
      report,
    });
  }
  await ensureNode24(env, report);
}

async function isInstalled() {
  const [wanted, installed] = await Promise.all([
    readLock(join(root, 'package-lock.json')),
    readLock(join(root, 'node_modules', '.package-lock.json')),
  ]);
  return wanted !== undefined && installed !== undefined && matchesLock(wanted, installed);
}

/**
 * Whether what npm noted about node_modules equals the lock file, apart from packages for other systems.
 *
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, peer?: boolean }} Entry
 * @param {Record<string, Entry>} wanted `packages` of package-lock.json
 * @param {Record<string, Entry>} installed `packages` of node_modules/.package-lock.json
 */
export function matchesLock(wanted, installed) {
  const entries = Object.entries(wanted).filter(([path]) => path.includes('node_modules/'));
  return entries.every(([path, entry]) => {
    const present = installed[path];
    if (present === undefined) return entry.optional === true || entry.peer === true;
    // npm notes the hash of a package only where it fetched it anew.
    const sameHash = !present.integrity || !entry.integrity || present.integrity === entry.integrity;
    return present.version === entry.version && sameHash;
  });
}

async function readLock(file) {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text).packages;
}

/**
 * The package `node` brings its binary by an install script. Where scripts were not allowed to run it is run here,
 * and where there is no binary for the machine, a Node 24 that runs this set-up takes its place.
 */
async function ensureNode24(env, report) {
  if (await isNode24(node24)) return;
  const folder = dirname(dirname(node24));
  const problem = await runStep('Fetching Node 24', process.execPath, ['installArchSpecificPackage.js'], {
    cwd: folder,
    env,
    report,
  }).catch((error) => error);
  if (!(await isNode24(node24))) await useOwnNode(problem);
  await linkBinary();
}

async function useOwnNode(problem) {
  if (Number(process.versions.node.split('.')[0]) !== NODE_MAJOR) {
    throw new Error(
      `npm has no Node ${NODE_MAJOR} for ${process.platform} ${process.arch}: install Node ${NODE_MAJOR} ` +
        `(https://nodejs.org) and run this with it on the PATH.${problem ? `\n${problem.message}` : ''}`,
    );
  }
  await mkdir(dirname(node24), { recursive: true });
  await rm(node24, { force: true });
  await symlink(process.execPath, node24);
}

async function linkBinary() {
  const link = join(bin, 'node');
  if (
    await access(link).then(
      () => true,
      () => false,
    )
  )
    return;
  await rm(link, { force: true });
  await symlink(join('..', 'node', 'bin', 'node'), link);
}

async function isNode24(binary) {
  const answer = await run(binary, ['--version']).catch(() => undefined);
  return answer !== undefined && answer.stdout.startsWith(`v${NODE_MAJOR}.`);
}
