import { createHash } from 'node:crypto';

/** A Lua script and the hash under which Redis keeps it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** Makes a script. Scripts never compare strings by order: Lua does that in the server's locale. */
export function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}
