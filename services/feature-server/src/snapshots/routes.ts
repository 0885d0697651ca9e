import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Catalog } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import {
  snapshotFormats,
  type SnapshotManifest,
  snapshotManifestSchema,
  type SnapshotRequest,
  type Snapshots,
} from '@millrace/offline-store';
import { resolveWanted } from '../online/service-cache.ts';
import { limitedBody } from './limited-body.ts';
import type { SnapshotMetrics } from './metrics.ts';
import {
  formatOfMediaType,
  knowledgeOf,
  labelsBodySchema,
  mediaTypes,
  parsed,
  spineQuerySchema,
  wantedOf,
} from './snapshot-request.ts';

/** What snapshots need. */
export interface SnapshotDependencies {
  readonly snapshots: Snapshots;
  readonly catalog: Catalog;
  readonly metrics: SnapshotMetrics;
  /** Largest spine, in MiB. */
  readonly mostMebibytes: number;
}

const tags = ['snapshots'];
const idSchema = z.object({ id: z.string() });
const formatSchema = z.object({ format: z.enum(snapshotFormats).default('arrow') });
const snapshotSchema = z.object({ id: z.string(), manifest: snapshotManifestSchema });
const ofOne = { tags, params: idSchema };
const verifiedSchema = z.object({
  ok: z.boolean(),
  differences: z.array(z.string()).describe('What is not as the manifest says.'),
});
const unchecked = {
  validatorCompiler: () => (value: unknown) => ({ value }),
  serializerCompiler: () => JSON.stringify,
};

/** `/v1/snapshots`. */
export function addSnapshotRoutes(app: FastifyInstance, dependencies: SnapshotDependencies): void {
  const { snapshots, metrics } = dependencies;
  app.addContentTypeParser(Object.values(mediaTypes), (_request, payload, done) => done(null, payload));

  const manifestOf = async (request: FastifyRequest): Promise<SnapshotManifest> => {
    const { id } = parsed(idSchema, request.params);
    const manifest = await snapshots.manifest(id);
    if (manifest === undefined) throw new MillraceError('SNAPSHOT_UNKNOWN', `there is no snapshot ${id}`);
    return manifest;
  };

  app.post(
    '/v1/snapshots',
    {
      ...unchecked,
      schema: {
        tags,
        summary: 'Pin a training snapshot.',
        description:
          'For the labels of a model: JSON. For rows of your own: a body in one of the other types, with service or features, timeColumn, knownAt and strict in the query.',
        querystring: spineQuerySchema,
        body: {
          content: {
            'application/json': { schema: labelsBodySchema },
            ...byFormat('The rows: key columns and the time of each.'),
          },
        },
        response: { 201: snapshotSchema.describe('It is pinned.') },
      },
    },
    async (request, reply) => {
      const ended = metrics.createSeconds.startTimer();
      const manifest = await snapshots.create(requestOf(request, dependencies));
      ended();
      metrics.rows.inc(manifest.rowCount);
      void reply.status(201).header('location', `/v1/snapshots/${manifest.id}`);
      return { id: manifest.id, manifest };
    },
  );

  app.get(
    '/v1/snapshots/:id',
    { ...unchecked, schema: { ...ofOne, summary: 'One snapshot.', response: { 200: snapshotSchema } } },
    (request) => manifestOf(request).then((manifest) => ({ id: manifest.id, manifest })),
  );

  app.get(
    '/v1/snapshots/:id/manifest',
    {
      ...unchecked,
      schema: { ...ofOne, summary: 'What pins a snapshot.', response: { 200: snapshotManifestSchema } },
    },
    (request) => manifestOf(request),
  );

  app.get(
    '/v1/snapshots/:id/data',
    {
      ...unchecked,
      schema: {
        ...ofOne,
        summary: 'The rows of a snapshot, streamed.',
        description: 'A failure half-way breaks the connection: an answer that ends is whole.',
        querystring: formatSchema,
        response: { 200: { description: 'The rows.', content: byFormat('Every row, in order.') } },
      },
    },
    async (request, reply) => {
      const { format } = parsed(formatSchema, request.query);
      const manifest = await manifestOf(request);
      return send(await snapshots.data(manifest, format), reply, {
        'content-type':
          format === 'csv' || format === 'ndjson'
            ? `${mediaTypes[format]}; charset=utf-8`
            : mediaTypes[format],
        'content-disposition': `attachment; filename="${manifest.id}.${format}"`,
        'x-millrace-content-hash': manifest.contentHash,
        'x-millrace-rows': String(manifest.rowCount),
      });
    },
  );

  app.post(
    '/v1/snapshots/:id/verify',
    {
      ...unchecked,
      schema: {
        ...ofOne,
        summary: 'Derive a snapshot again and compare it with its manifest.',
        response: { 200: verifiedSchema },
      },
    },
    (request) => manifestOf(request).then((manifest) => snapshots.verify(manifest)),
  );
}

/** Rows in each of the formats, for the OpenAPI document. */
function byFormat(description: string) {
  const schema = z.unknown().describe(description);
  return Object.fromEntries(Object.values(mediaTypes).map((type) => [type, { schema }]));
}

function requestOf(
  request: FastifyRequest,
  { catalog, mostMebibytes }: SnapshotDependencies,
): SnapshotRequest {
  const contentType = request.headers['content-type'] ?? '';
  const format = formatOfMediaType(contentType);
  if (format === undefined) {
    const { labels, knownAt, positions, strict, ...asked } = parsed(labelsBodySchema, request.body);
    const known = knowledgeOf(knownAt, positions);
    const service = resolveWanted(catalog, wantedOf(asked));
    return { service, spine: { labels }, strict, ...(known === undefined ? {} : { known }) };
  }
  const { timeColumn, knownAt, strict, ...asked } = parsed(spineQuerySchema, request.query);
  const known = knowledgeOf(knownAt, undefined);
  const service = resolveWanted(catalog, wantedOf(asked));
  if (!(request.body instanceof Readable)) throw new MillraceError('REQUEST_INVALID', 'the spine is empty');
  const body = limitedBody(request.body, mostMebibytes);
  return { service, spine: { format, body, timeColumn }, strict, ...(known === undefined ? {} : { known }) };
}

function send(data: Readable, reply: FastifyReply, headers: Readonly<Record<string, string>>): FastifyReply {
  return reply.headers({ ...headers }).send(data);
}
