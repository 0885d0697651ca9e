import { join, resolve } from 'node:path';

/** The root of the repository. */
export const root = resolve(import.meta.dirname, '../..');

/** What set-up makes for this clone. */
export const local = join(root, '.millrace');

/** Where downloaded tools are kept; several clones may share one folder. */
export const home = resolve(process.env.MILLRACE_HOME || local);

/** The folder of binaries that npm scripts have on their PATH. */
export const bin = join(root, 'node_modules', '.bin');

/** Node 24, from npm's package `node`. */
export const node24 = join(root, 'node_modules', 'node', 'bin', 'node');
