import { requestScript, settleScript } from './generations.ts';
import { checkpointScript, positionsScript, raiseScript } from './positions.ts';
import { readBucketScript, readScript } from './read.ts';
import type { Script } from './script.ts';
import { collectScript, dropRowsScript } from './sweep.ts';
import { writeScript } from './write.ts';

/** All scripts, to be loaded at the start. */
export const scripts: readonly Script[] = [
  writeScript,
  positionsScript,
  checkpointScript,
  raiseScript,
  readScript,
  readBucketScript,
  requestScript,
  settleScript,
  dropRowsScript,
  collectScript,
];
