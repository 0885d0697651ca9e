import { type Readable, Transform } from 'node:stream';
import { MillraceError } from '@millrace/kernel';

/**
 * The body of a request, ending in BODY_TOO_LARGE when it is larger than it may be. What is left of a body that is
 * not read to its end flows into nothing: otherwise the next request on the connection would wait behind it.
 */
export function limitedBody(source: Readable, mostMebibytes: number): Readable {
  let left = mostMebibytes * 1024 * 1024;
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left >= 0) done(null, chunk);
      else done(new MillraceError('BODY_TOO_LARGE', `the spine is larger than ${mostMebibytes} MiB`));
    },
  });
  source.on('error', (error) => body.destroy(error));
  source.on('close', () => {
    if (!source.readableEnded) body.destroy(new MillraceError('REQUEST_INVALID', 'the request broke off'));
  });
  body.on('close', () => {
    source.unpipe(body);
    source.resume();
  });
  return source.pipe(body);
}
