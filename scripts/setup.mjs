// Runs on Node 20 without dependencies: it is what installs them.
import { createHash } from 'node:crypto';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './setup/lock.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { home, local, node24, root } from './setup/paths.mjs';
import { checkPrerequisites } from './setup/prerequisites.mjs';
import { runStep } from './setup/run.mjs';
import { ensureTools } from './setup/tools.mjs';

const stampFile = join(local, 'setup.json');

/**
 * Brings everything that Millrace runs on: packages with Node 24, Kafka, Apicurio Registry, Redis. What is there
 * stays; when nothing has changed since the last time this takes some milliseconds.
 *
 * @param {(line: string) => void} [report] told about each step
 * @throws {Error} that says what is missing or what failed
 */
export async function setup(report = console.error) {
  const inputs = await hashOfInputs();
  if (await isDone(inputs)) return;
  await withLock(join(local, 'setup.lock'), () => setUpOnce(inputs, report), report);
}

async function setUpOnce(inputs, report) {
  if (await isDone(inputs)) return;
  const jdk = await checkPrerequisites();
  await ensurePackages(report);
  const toolchain = await ensureTools(jdk, report);
  await ensureArchives(toolchain, report);
  const files = Object.values(toolchain).filter((path) => path.includes('/'));
  await writeFile(stampFile, `${JSON.stringify({ inputs, files: [node24, ...files] }, null, 2)}\n`);
  report('Set-up is complete.');
}

/** Class data archives halve the time that the Java servers take to start; they are made by starting them once. */
async function ensureArchives({ kafkaArchive, apicurioArchive }, report) {
  if ((await exists(kafkaArchive)) && (await exists(apicurioArchive))) return;
  const script = join(root, 'deploy', 'embedded', 'src', 'warm-up.ts');
  await runStep('Preparing Kafka and the schema registry for quick starts', node24, [script], {
    cwd: root,
    report,
  });
}

async function hashOfInputs() {
  const scripts = (await readdir(join(import.meta.dirname, 'setup'))).map((name) =>
    join('scripts', 'setup', name),
  );
  const hash = createHash('sha256').update(home);
  for (const file of [
    'package-lock.json',
    'deploy/embedded/pom.xml',
    'scripts/setup.mjs',
    ...scripts.sort(),
  ]) {
    hash.update(await readFile(join(root, file)));
  }
  return hash.digest('hex');
}

async function isDone(inputs) {
  const stamp = JSON.parse(await readFile(stampFile, 'utf8').catch(() => 'null'));
  if (stamp?.inputs !== inputs) return false;
  return (await Promise.all(stamp.files.map(exists))).every(Boolean);
}

function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await setup();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
