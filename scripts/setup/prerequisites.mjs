import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findJdk } from './jdk.mjs';

const run = promisify(execFile);

const OLDEST_NODE = 20;
const OLDEST_NPM = 10;

/**
 * Checks everything that set-up cannot bring by itself, and names all that is missing at once.
 *
 * @returns {Promise<{ java: string, version: string, major: number }>} the JDK to use
 * @throws {Error} with a line for each missing thing
 */
export async function checkPrerequisites() {
  const problems = [];
  const check = (work) =>
    work.catch((error) => {
      problems.push(error.message);
      return undefined;
    });
  const [jdk] = await Promise.all([
    check(findJdk()),
    check(checkNode()),
    check(checkNpm()),
    check(
      answers('mvn', 'Maven is needed: install it (https://maven.apache.org) so that `mvn` is on the PATH.'),
    ),
    check(answers('git', 'git is needed: install it (https://git-scm.com) so that `git` is on the PATH.')),
  ]);
  if (problems.length > 0)
    throw new Error(`Millrace needs:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
  return jdk;
}

async function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    throw new Error(
      `Node.js ${OLDEST_NODE} or newer is needed; this is ${process.versions.node} (https://nodejs.org).`,
    );
  }
}

async function checkNpm() {
  const version = await answers('npm', 'npm is needed: it comes with Node.js (https://nodejs.org).');
  if (Number(version.split('.')[0]) < OLDEST_NPM) {
    throw new Error(
      `npm ${OLDEST_NPM} or newer is needed; this is ${version.trim()}. Run: npm install -g npm@11`,
    );
  }
}

async function answers(command, otherwise) {
  const answer = await run(command, ['--version']).catch(() => undefined);
  if (answer === undefined) throw new Error(otherwise);
  return answer.stdout;
}
