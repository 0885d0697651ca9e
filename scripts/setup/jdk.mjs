import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The oldest Java that the schema registry runs on. */
export const OLDEST_JAVA = 21;

/** Folders in which systems and tools keep their JDKs side by side. */
const JVM_FOLDERS = [
  '/usr/lib/jvm',
  '/usr/lib64/jvm',
  '/usr/java',
  '/opt/java',
  '/opt',
  '/Library/Java/JavaVirtualMachines',
  '/opt/homebrew/opt',
  '/usr/local/opt',
  join(homedir(), 'Library/Java/JavaVirtualMachines'),
  join(homedir(), '.sdkman/candidates/java'),
  join(homedir(), '.jdks'),
  join(homedir(), '.asdf/installs/java'),
  join(homedir(), '.local/share/mise/installs/java'),
];

/**
 * Finds a Java of at least {@link OLDEST_JAVA}: JAVA_HOME's, else the PATH's, else the newest in the usual folders.
 *
 * @param {{ environment?: Record<string, string | undefined>, folders?: readonly string[] }} [options]
 * @returns {Promise<{ java: string, version: string, major: number }>}
 * @throws {Error} that names what was found and what is needed
 */
export async function findJdk({ environment = process.env, folders = JVM_FOLDERS } = {}) {
  const first = [environment.JAVA_HOME, ...(await homesOnPath(environment.PATH ?? ''))];
  const seen = [];
  for (const candidate of first) {
    const jdk = candidate && (await inspect(candidate));
    if (!jdk) continue;
    if (jdk.major >= OLDEST_JAVA) return jdk;
    seen.push(jdk);
  }
  const installed = (await Promise.all((await homesIn(folders)).map(inspect))).filter(Boolean);
  const [newest] = installed.filter((jdk) => jdk.major >= OLDEST_JAVA).sort((a, b) => b.major - a.major);
  if (newest) return newest;
  const found = [...new Set([...seen, ...installed].map((jdk) => `${jdk.version} (${jdk.java})`))];
  throw new Error(
    `A JDK ${OLDEST_JAVA} or newer is needed; found ${found.join(', ') || 'none'}. ` +
      'Install one (for example from https://adoptium.net) or point JAVA_HOME at it.',
  );
}

async function homesOnPath(path) {
  const homes = [];
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const java = await realpath(join(folder, 'java')).catch(() => undefined);
    if (java) homes.push(dirname(dirname(java)));
  }
  return homes;
}

async function homesIn(folders) {
  const nested = folders.map(async (folder) => {
    const names = await readdir(folder).catch(() => []);
    return names.flatMap((name) => [
      join(folder, name),
      join(folder, name, 'Contents/Home'),
      join(folder, name, 'libexec/openjdk.jdk/Contents/Home'),
    ]);
  });
  return (await Promise.all(nested)).flat();
}

async function inspect(javaHome) {
  const java = join(javaHome, 'bin', 'java');
  try {
    await access(java, constants.X_OK);
  } catch {
    return undefined;
  }
  const version = (await versionOfRelease(javaHome)) ?? (await versionOfRun(java));
  return version === undefined ? undefined : { java, version, major: majorOf(version) };
}

async function versionOfRelease(javaHome) {
  const text = await readFile(join(javaHome, 'release'), 'utf8').catch(() => '');
  return /^JAVA_VERSION="([^"]+)"/m.exec(text)?.[1];
}

async function versionOfRun(java) {
  const answer = await run(java, ['-version']).catch(() => undefined);
  return answer && /version "([^"]+)"/.exec(answer.stderr)?.[1];
}

/**
 * The major version in a version text: 21 of `21.0.4`, 8 of `1.8.0_402`.
 *
 * @param {string} version
 */
export function majorOf(version) {
  const [first = '0', second = '0'] = version.split(/[.+_-]/);
  return Number(first === '1' ? second : first);
}
