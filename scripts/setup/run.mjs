import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const HEARTBEAT_MS = 10_000;
const KEPT_BYTES = 20_000;

/**
 * Runs a command as one step of the set-up, with a line at its start, at its end, and every ten seconds between.
 *
 * @param {string} title what the step does
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string | undefined>, report: (line: string) => void }} options
 * @throws {Error} with the end of the output, when the command fails
 */
export async function runStep(title, command, args, { cwd, env = process.env, report }) {
  const begun = Date.now();
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  report(`${title} …`);
  const heartbeat = setInterval(() => report(`${title} … ${seconds()}`), HEARTBEAT_MS);
  try {
    const { code, output } = await capture(command, args, { cwd, env });
    if (code !== 0) throw new Error(`${title} failed: ${command} ${args.join(' ')}\n${output.trimEnd()}`);
    report(`${title}: done in ${seconds()}`);
  } finally {
    clearInterval(heartbeat);
  }
}

function capture(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_BYTES);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/**
 * Runs a command in this terminal, passes signals on to it, and waits for its end.
 *
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it
 */
export function runForeground(command, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
    // A terminal sends Ctrl-C to the child too: this process only has to wait for it. A kill comes here alone.
    const ignore = () => undefined;
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      for (const passed of ['SIGTERM', 'SIGHUP']) process.off(passed, pass);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
