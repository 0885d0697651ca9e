import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { home, local, root } from './paths.mjs';
import { runStep } from './run.mjs';

const run = promisify(execFile);
const pom = join(root, 'deploy', 'embedded', 'pom.xml');
const OLDEST_REDIS = 6;

/** The binaries in the jar that carries Redis, by platform and architecture. */
const REDIS_BINARIES = {
  'linux-x64': 'linux-amd64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'darwin-amd64',
  'darwin-arm64': 'darwin-arm64',
};

/**
 * Brings Kafka, Apicurio Registry and Redis and writes down where they are, for the embedded stack.
 *
 * @param {{ java: string, version: string }} jdk
 * @param {(line: string) => void} report
 */
export async function ensureTools(jdk, report) {
  const versions = await pinnedVersions();
  const kafka = await fetched('Kafka', 'kafka', versions.kafka, jdk, report);
  const apicurio = await fetched('Apicurio Registry', 'apicurio', versions.apicurio, jdk, report);
  const redis = (await redisOnPath()) ?? (await redisFromJar(versions['embedded-redis'], jdk, report));
  const toolchain = {
    java: jdk.java,
    kafka,
    kafkaArchive: `${kafka}-java-${jdk.version}.jsa`,
    apicurio,
    apicurioArchive: `${apicurio}-java-${jdk.version}.jsa`,
    redis,
  };
  await mkdir(local, { recursive: true });
  await writeFile(join(local, 'toolchain.json'), `${JSON.stringify(toolchain, null, 2)}\n`);
  return toolchain;
}

async function pinnedVersions() {
  const text = await readFile(pom, 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/<([a-z0-9-]+)\.version>([^<]+)</g)].map(([, name, version]) => [name, version]),
  );
}

/** One profile of the pom, put into its folder in one step, so that an interrupted download leaves nothing half. */
async function fetched(title, profile, version, jdk, report) {
  const folder = join(home, `${profile}-${version}`);
  if (await exists(folder)) return folder;
  await mkdir(home, { recursive: true });
  const partial = await mkdtemp(join(home, `.${profile}-`));
  const output = join(partial, 'output');
  const args = ['-B', '-ntp', '-f', pom, 'generate-resources', '-P', profile, `-Doutput=${output}`];
  const env = { ...process.env, JAVA_HOME: join(jdk.java, '..', '..') };
  try {
    await runStep(`Downloading ${title} ${version} (Maven)`, 'mvn', args, { cwd: root, env, report });
    await rename(output, folder).catch(async (error) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

async function redisOnPath() {
  const answer = await run('redis-server', ['--version']).catch(() => undefined);
  const major = Number(/v=(\d+)\./.exec(answer?.stdout ?? '')?.[1] ?? 0);
  return major >= OLDEST_REDIS ? 'redis-server' : undefined;
}

async function redisFromJar(version, jdk, report) {
  const folder = await fetched('Redis', 'redis', version, jdk, report);
  const platform = REDIS_BINARIES[`${process.platform}-${process.arch}`] ?? 'none';
  const name = (await readdir(folder)).find((file) => file.endsWith(platform));
  const binary = join(folder, name ?? 'none');
  await chmod(binary, 0o755).catch(() => undefined);
  const runs = await run(binary, ['--version']).catch(() => undefined);
  if (runs === undefined) {
    throw new Error('Redis is needed: install it so that `redis-server` (6 or newer) is on the PATH.');
  }
  return binary;
}

function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
