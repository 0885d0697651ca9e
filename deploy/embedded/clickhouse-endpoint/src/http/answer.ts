import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClickHouseError } from '../clickhouse-error.ts';
import type { NativeResult } from '../engine/native.ts';
import { contentTypeOf } from './formats.ts';
import { httpStatusOf } from './http-status.ts';
import type { Compressor, ResponseEncoding } from './response-encoding.ts';

/** One response, sent whole or so that no client can take it for whole. */
export type Answer = {
  /** Sets the headers of a result and gives what its bytes are written to. */
  begin(format: string, result: NativeResult | undefined, wrote?: boolean): Writable;
  end(): Promise<void>;
  fail(error: ClickHouseError): void;
};

export type AnswerOptions = {
  readonly version: string;
  readonly encoding: ResponseEncoding | undefined;
  /** Repeat the summary in `X-ClickHouse-Progress`. */
  readonly sendProgress: boolean;
};

export function createAnswer(response: ServerResponse, options: AnswerOptions): Answer {
  const tag = randomBytes(8).toString('hex');
  let compressor: Compressor | undefined;
  let compressed: Promise<void> | undefined;

  return {
    begin(format, result, wrote = false) {
      response.setHeader('Content-Type', contentTypeOf(format));
      response.setHeader('X-ClickHouse-Format', format);
      response.setHeader('X-ClickHouse-Exception-Tag', tag);
      if (result) {
        const summary = summaryOf(result, wrote);
        response.setHeader('X-ClickHouse-Summary', summary);
        if (options.sendProgress) response.setHeader('X-ClickHouse-Progress', summary);
      }
      if (!options.encoding) return response;
      response.setHeader('Content-Encoding', options.encoding.name);
      compressor = options.encoding.create();
      compressed = pipeline(compressor, response, { end: false });
      compressed.catch(() => undefined);
      return compressor;
    },
    async end() {
      if (compressor) {
        compressor.end();
        await compressed;
      }
      response.end();
      if (!response.writableFinished && !response.destroyed) await once(response, 'close');
    },
    fail(error) {
      if (!response.headersSent) answerError(response, error, options.version);
      else void breakOff(response, compressor, exceptionBlock(error.toBody(options.version), tag));
    },
  };
}

/** Answers with an exception's text, code and status. */
export function answerError(response: ServerResponse, error: ClickHouseError, version: string): void {
  const body = error.toBody(version);
  for (const name of ['Content-Encoding', 'X-ClickHouse-Format', 'X-ClickHouse-Exception-Tag']) {
    response.removeHeader(name);
  }
  response.writeHead(httpStatusOf(error.code), {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(body),
    'X-ClickHouse-Exception-Code': String(error.code),
    ...(error.code === 516 ? { 'WWW-Authenticate': 'Basic realm="ClickHouse server HTTP API"' } : {}),
  });
  response.end(body);
}

/**
 * Writes the exception behind what was sent, as ClickHouse's server does, and closes the socket without the last
 * chunk: also a client that does not know the block sees an answer that is cut off.
 */
async function breakOff(
  response: ServerResponse,
  compressor: Compressor | undefined,
  block: string,
): Promise<void> {
  if (compressor) {
    const { promise, resolve } = Promise.withResolvers<void>();
    compressor.once('error', () => resolve());
    response.once('close', () => resolve());
    compressor.write(block);
    compressor.flush(() => resolve());
    await promise;
  } else {
    response.write(block);
  }
  response.socket?.destroySoon();
}

function exceptionBlock(message: string, tag: string): string {
  return `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`;
}

function summaryOf(result: NativeResult, wrote: boolean): string {
  const rows = String(result.rowsRead);
  const bytes = String(result.bytesRead);
  return JSON.stringify({
    read_rows: rows,
    read_bytes: bytes,
    written_rows: wrote ? rows : '0',
    written_bytes: wrote ? bytes : '0',
    total_rows_to_read: '0',
    result_rows: rows,
    result_bytes: bytes,
    elapsed_ns: String(Math.round(result.elapsed * 1e9)),
  });
}
