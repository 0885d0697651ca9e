import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import { recordOf } from './record-of.ts';

// Below every system's range for outgoing connections, so that none of those takes a port between two starts.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

const storedSchema = z.record(z.string(), z.number().int());

/** One port for each name. */
export type Ports<Name extends string> = Readonly<Record<Name, number>>;

/** Wishes for ports. */
export interface PortWishes<Name extends string> {
  /** Ports that must be these. */
  readonly configured?: Partial<Ports<Name>>;
  /** Ports that are taken the first time if they are free. */
  readonly preferred?: Partial<Ports<Name>>;
}

/**
 * Chooses a port for each name: the configured one, else the one kept in the folder from an earlier start, else
 * the preferred one, else a free one; and keeps the choice in the folder. A kept port that is in use is replaced.
 *
 * @throws MillraceError PORT_TAKEN when a configured port is in use.
 */
export async function choosePorts<Name extends string>(
  folder: string,
  names: readonly Name[],
  { configured = {}, preferred = {} }: PortWishes<Name>,
): Promise<Ports<Name>> {
  const file = join(folder, 'ports.json');
  const stored = await readStored(file);
  const taken: number[] = [];
  const chosen = new Map<Name, number>();
  for (const name of names) {
    const must: number | undefined = configured[name];
    if (must !== undefined && !(await isFree(must))) {
      throw new MillraceError('PORT_TAKEN', `port ${must} for ${name} is in use`, {
        details: { name, port: must },
      });
    }
    const port = must ?? (await firstFree([stored[name], preferred[name]], taken));
    chosen.set(name, port);
    taken.push(port);
  }
  const ports = recordOf(names, (name) => chosen.get(name) ?? 0);
  await writeFile(file, `${JSON.stringify({ ...stored, ...ports }, null, 2)}\n`);
  return ports;
}

async function readStored(file: string): Promise<Record<string, number>> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return storedSchema.catch({}).parse(JSON.parse(text));
}

async function firstFree(
  candidates: readonly (number | undefined)[],
  taken: readonly number[],
): Promise<number> {
  for (const port of candidates) {
    if (port !== undefined && !taken.includes(port) && (await isFree(port))) return port;
  }
  return freePort(taken);
}

/** A loopback port on which nobody listens, other than those in `taken`. */
export async function freePort(taken: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
}

/** Whether nobody listens on this loopback port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
