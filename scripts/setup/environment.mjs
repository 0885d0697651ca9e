import { delimiter, join } from 'node:path';
import { bin, local } from './paths.mjs';

/** The environment for what is run: Node 24 first on the PATH, and compiled code kept, which halves each start. */
export const environment = {
  NODE_COMPILE_CACHE: join(local, 'compile-cache'),
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
};
