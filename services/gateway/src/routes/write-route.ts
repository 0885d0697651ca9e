import { Readable } from 'node:stream';
import type {} from '@fastify/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { encodeSource } from '@millrace/feature-registry/row';
import { MillraceError } from '@millrace/kernel';
import { problemAnswer } from '@millrace/telemetry';
import { z } from 'zod';
import { type CellEncoder, arrowOutcomes } from '../body/arrow.ts';
import { type BodyFormat, bodyFormat, mediaTypes } from '../body/body-format.ts';
import type { Body } from '../body/body-stream.ts';
import { jsonOutcomes } from '../body/json.ts';
import { ndjsonOutcomes } from '../body/ndjson.ts';
import type { Gateway } from '../gateway.ts';
import { type RequestSource, sourceHeadersSchema } from '../request-source.ts';
import type { EncodeRow, Outcome } from '../rows/outcome.ts';
import type { SentRows } from '../rows/sent-rows.ts';
import { type WriteAnswer, writeAnswerSchema } from '../rows/tally.ts';
import { writeRows, type WriteRowsOptions } from '../rows/write-rows.ts';

/** What one request writes. */
export interface Write {
  readonly topic: string;
  readonly encode: EncodeRow;
  readonly source: RequestSource;
  /** Whether every row brings its event time. */
  readonly timed: boolean;
  /** Where Arrow is taken. */
  readonly cells?: CellEncoder;
  /** Adds to the answer. */
  readonly extend?: (answer: WriteAnswer) => WriteAnswer;
}

const querySchema = z.object({
  atomic: z.stringbool().default(false).describe('Whether one refused row refuses all.'),
});

/**
 * The description of a write for OpenAPI. fastify itself checks neither bodies nor answers by it: a body is read by the
 * handler as it arrives, and each row is checked once by its compiled encoder.
 */
export function writeRouteOptions(row: z.ZodType, formats: readonly BodyFormat[], description: string) {
  const problems = {
    400: 'The body cannot be read.',
    404: 'There is no such view.',
    413: 'The body is too large.',
    415: 'The body has another type.',
    429: 'Too much is under way: see Retry-After.',
    503: 'Kafka did not take the rows in time.',
  };
  return {
    schema: {
      description,
      headers: sourceHeadersSchema,
      querystring: querySchema,
      body: { content: bodiesOf(row, formats) },
      response: {
        ...mapValues(problems, problemAnswer),
        200: writeAnswerSchema.describe('Every row is in Kafka.'),
        207: writeAnswerSchema.describe('Some rows are in Kafka.'),
        422: refusedAnswer,
      },
    },
    validatorCompiler: () => (value: unknown) => ({ value }),
    serializerCompiler: () => JSON.stringify,
  };
}

/** What tells which rows are wrong, or what is wrong with all of them. */
const refusedAnswer = {
  description: 'No row was accepted.',
  content: {
    'application/json': { schema: writeAnswerSchema },
    ...problemAnswer('').content,
  },
};

function bodiesOf(row: z.ZodType, formats: readonly BodyFormat[]) {
  const rows = z.union([z.object({ rows: z.array(row), atomic: z.boolean().optional() }), z.array(row), row]);
  const schemas: Readonly<Record<BodyFormat, z.ZodType>> = {
    json: rows,
    ndjson: z.string().describe('One row in each line, as JSON.'),
    arrow: z
      .unknown()
      .describe('An Arrow stream that is not compressed; its columns are the fields of a row.'),
  };
  return Object.fromEntries(
    formats.flatMap((format) => mediaTypes([format]).map((type) => [type, { schema: schemas[format] }])),
  );
}

function mapValues<V, R>(object: Readonly<Record<number, V>>, map: (value: V) => R): Record<number, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

/** What a request takes up beside its body: many small ones that wait for Kafka are to be bounded too. */
const REQUEST_BYTES = 8 * 1024;

/** Reads the body, writes its rows and answers, holding the bytes against the budget meanwhile. */
export async function handleWrite(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  formats: readonly BodyFormat[],
  prepare: () => Promise<Write>,
): Promise<FastifyReply> {
  const { config, budget, log, metrics } = gateway;
  const { body: stream } = request;
  if (!(stream instanceof Readable)) throw new MillraceError('REQUEST_INVALID', 'the request has no body');
  const reservation = budget.reserve(REQUEST_BYTES);
  try {
    const format = bodyFormat(request.headers, formats);
    let atomic = isAtomic(request.query);
    requireSize(
      request,
      format === 'json' || atomic ? config.gatewayMaxBodyBytes : config.gatewayMaxStreamBytes,
    );
    const write = await prepare();
    const body: Body = {
      stream,
      // All of an atomic body is held until its end.
      reservation: atomic ? { ...reservation, shrink: () => undefined } : reservation,
      maxBytes: config.gatewayMaxBodyBytes,
      maxStreamBytes: atomic ? config.gatewayMaxBodyBytes : config.gatewayMaxStreamBytes,
    };
    const chunks = outcomesOf(format, body, write, () => void (atomic = true));
    const tally = await writeRows(chunks, {
      log,
      metrics,
      topic: write.topic,
      sent: sentOf(write, gateway.sentRows),
      atomic: () => atomic,
    });
    const answer = tally.answer();
    return await reply.status(tally.status).send(write.extend?.(answer) ?? answer);
  } finally {
    reservation.release();
  }
}

function sentOf({ source, timed }: Write, rows: SentRows): WriteRowsOptions['sent'] {
  if (!source.keyed) return undefined;
  const sourceBytes = encodeSource(source.producer, source.traceparent).length;
  return { rows, request: { sourceBytes, timed } };
}

function outcomesOf(
  format: BodyFormat,
  body: Body,
  write: Write,
  onAtomic: () => void,
): AsyncIterable<readonly Outcome[]> {
  switch (format) {
    case 'json':
      return jsonOutcomes(body, write.encode, onAtomic);
    case 'ndjson':
      return ndjsonOutcomes(body, write.encode);
    case 'arrow':
      if (write.cells === undefined)
        throw new MillraceError('MEDIA_TYPE_UNSUPPORTED', 'Arrow is read for features only');
      return arrowOutcomes(body, write.cells);
    default:
      return format satisfies never;
  }
}

function isAtomic(query: unknown): boolean {
  const parsed = querySchema.safeParse(query);
  if (parsed.success) return parsed.data.atomic;
  throw new MillraceError('REQUEST_INVALID', 'atomic must be true or false');
}

/** Refuses by the announced size before a byte is read. */
function requireSize({ headers }: FastifyRequest, limit: number): void {
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > limit) {
    throw new MillraceError(
      'BODY_TOO_LARGE',
      `the body has ${announced} bytes; ${limit} are allowed: send it in parts`,
    );
  }
}
