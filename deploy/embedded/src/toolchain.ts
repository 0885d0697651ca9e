import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';

/** The root of the repository. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..');

const toolchainSchema = z.object({
  java: z.string(),
  kafka: z.string(),
  kafkaArchive: z.string(),
  apicurio: z.string(),
  apicurioArchive: z.string(),
  redis: z.string(),
});

/** Options of every Java process here: little noise, and the archive of loaded classes that halves the start. */
export function javaOptions(archive: string, use: 'read' | 'write'): string[] {
  return [
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    use === 'write' ? `-XX:ArchiveClassesAtExit=${archive}` : `-XX:SharedArchiveFile=${archive}`,
    '-Xlog:disable',
    '-Xlog:all=error:stderr',
  ];
}

/** Where set-up has put what the stack runs: a Java of 21 or newer, folders of jars, Redis' binary. */
export type Toolchain = Readonly<z.infer<typeof toolchainSchema>>;

/**
 * Reads what `scripts/setup.mjs` wrote.
 *
 * @throws MillraceError TOOLCHAIN_MISSING when set-up has not run.
 */
export async function readToolchain(root = repositoryRoot): Promise<Toolchain> {
  const file = join(root, '.millrace', 'toolchain.json');
  try {
    return toolchainSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new MillraceError('TOOLCHAIN_MISSING', `${file} is missing or old: run \`npm run setup\``, {
      cause,
    });
  }
}
