// Runs on Node 20 without dependencies: it is part of the set-up.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const scripts = dirname(fileURLToPath(import.meta.url));
const root = join(scripts, '..');
const home = join(root, '.millrace');
const environment = join(home, 'python');
const python = join(environment, 'bin', 'python');
const stampFile = join(environment, 'requirements.sha256');
const lockFile = join(home, 'python.lock');
const requirementsFile = join(scripts, 'python-requirements.txt');
const oldest = [3, 11];

/**
 * Makes the Python environment that tests and examples use, once for each content of python-requirements.txt.
 *
 * @param {(line: string) => void} [report] told what is going on when there is something to do
 * @returns {Promise<string>} the path of its python
 * @throws {Error} that says what to install when there is no usable python3
 */
export async function ensurePythonEnv(report = () => {}) {
  const wanted = createHash('sha256')
    .update(await readFile(requirementsFile))
    .digest('hex');
  if (await isStamped(wanted)) return python;
  await mkdir(home, { recursive: true });
  const unlock = await lock();
  try {
    if (await isStamped(wanted)) return python;
    await build(wanted, report);
    return python;
  } finally {
    await unlock();
  }
}

async function build(wanted, report) {
  const base = await findPython();
  report('Making the Python environment (clickhouse-connect, pyarrow, confluent-kafka) …');
  await rm(environment, { recursive: true, force: true });
  try {
    await run(base, ['-m', 'venv', environment]);
  } catch (error) {
    throw new Error(
      `"${base} -m venv" failed: Python's venv module is needed (on Debian and Ubuntu: apt install python3-venv).\n${error.stderr ?? error.message}`,
      { cause: error },
    );
  }
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirementsFile];
  try {
    await run(python, install, { maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    throw new Error(
      `pip could not install scripts/python-requirements.txt:\n${error.stderr ?? error.message}`,
      { cause: error },
    );
  }
  await writeFile(stampFile, wanted);
}

async function findPython() {
  const candidates = [process.env.MILLRACE_PYTHON, 'python3', 'python'].filter(Boolean);
  const found = [];
  for (const candidate of candidates) {
    const version = await run(candidate, ['-c', 'import sys; print(*sys.version_info[:2])']).catch(
      () => undefined,
    );
    if (!version) continue;
    const [major, minor] = version.stdout.trim().split(' ').map(Number);
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return candidate;
    found.push(`${candidate} is ${major}.${minor}`);
  }
  throw new Error(
    `Python ${oldest.join('.')} or newer with its venv module is needed: ${found.join(', ') || 'no python3 on the PATH'}. ` +
      'Install it, or name one in MILLRACE_PYTHON.',
  );
}

async function isStamped(wanted) {
  const stamp = await readFile(stampFile, 'utf8').catch(() => '');
  return stamp === wanted;
}

/** Two test runs may start at once; a lock whose process is gone does not count. */
async function lock() {
  while (true) {
    try {
      await writeFile(lockFile, String(process.pid), { flag: 'wx' });
      return () => rm(lockFile, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(lockFile, 'utf8').catch(() => ''));
    if (holder && !isAlive(holder)) await rm(lockFile, { force: true });
    else await delay(200);
  }
}

function isAlive(processId) {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await ensurePythonEnv(console.error));
}
