import type { IncomingHttpHeaders } from 'node:http';
import { MillraceError } from '@millrace/kernel';

/** How the rows of a body are written. */
export type BodyFormat = 'json' | 'ndjson' | 'arrow';

const formats: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/vnd.apache.arrow.stream': 'arrow',
};

/**
 * Tells the format by the headers of a request.
 *
 * @throws MillraceError MEDIA_TYPE_UNSUPPORTED that names what can be read.
 */
export function bodyFormat(headers: IncomingHttpHeaders, allowed: readonly BodyFormat[]): BodyFormat {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new MillraceError(
      'MEDIA_TYPE_UNSUPPORTED',
      `Content-Encoding ${encoding} is not read here: send the body as it is`,
    );
  }
  const type = (headers['content-type'] ?? 'none').split(';')[0]?.trim().toLowerCase() ?? '';
  const format = formats[type];
  if (format !== undefined && allowed.includes(format)) return format;
  throw new MillraceError(
    'MEDIA_TYPE_UNSUPPORTED',
    `Content-Type ${type} is not read here: send ${mediaTypes(allowed).join(', ')}`,
  );
}

/** The media types of some formats. */
export function mediaTypes(allowed: readonly BodyFormat[]): string[] {
  return Object.keys(formats).filter((type) => allowed.some((format) => format === formats[type]));
}
