import type { FastifyError, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { MillraceError } from '@millrace/kernel';
import { problemOf } from './problem.ts';

type ClientErrorHandler = NonNullable<FastifyServerOptions['clientErrorHandler']>;

const TYPE = 'application/problem+json';

/** Answers requests whose address fits no route because it cannot be read; fastify has no error handler for them. */
export function answerUnreadableAddress(
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  const status = error.statusCode ?? 400;
  const said =
    error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'a part of the address is too long' : error.message;
  void reply
    .status(status)
    .type(TYPE)
    .send(problemOf(new MillraceError('REQUEST_INVALID', said), status));
}

const statuses: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large', 'the extensions of a chunk are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not arrive in time'],
};

/** Answers what is no HTTP, and closes the connection: nobody knows where the next request would begin. */
export const answerNoHttp: ClientErrorHandler = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy(error);
    return;
  }
  const [status, phrase, said] = statuses[error.code] ?? [400, 'Bad Request', 'the request is no HTTP'];
  const body = JSON.stringify(problemOf(new MillraceError('REQUEST_INVALID', said), status));
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    'Connection: close',
    `Content-Type: ${TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};
