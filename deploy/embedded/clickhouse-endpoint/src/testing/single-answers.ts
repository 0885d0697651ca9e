import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';

/**
 * Run as a process of its own: prints what the engine gives as one answer to the query in the first argument, in
 * each of the formats in the other arguments, as JSON lines of `{ format, hash }` or `{ format, error }`.
 */
const [query = '', ...formats] = process.argv.slice(2);
const directory = await mkdtemp(join(tmpdir(), 'millrace-single-'));
const keeper = new Session(directory);
for (const format of formats) {
  // A new session each time: a failed query's rows would come out with the next answer.
  const session = new Session(directory);
  const answer = await session
    .queryAsync(query, { format })
    .then((result) => ({ hash: createHash('sha256').update(result.bytes()).digest('hex') }))
    .catch((error) => ({ error: error.clickhouseCode }));
  session.close();
  console.log(JSON.stringify({ format, ...answer }));
}
keeper.close();
await rm(directory, { recursive: true, force: true });
