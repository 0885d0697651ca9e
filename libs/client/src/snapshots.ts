import { type Table, tableFromIPC } from 'apache-arrow';
import type { DefinedService } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import type { Http, HttpBody } from './http.ts';
import { type TimeInput, timeToJson } from './time-input.ts';

/** The formats of a snapshot's data, and of a spine. */
export type SnapshotFormat = 'arrow' | 'parquet' | 'csv' | 'ndjson';

const mediaTypes: Readonly<Record<SnapshotFormat, string>> = {
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
};

interface Knowledge {
  /** What the log knew by then is used, and nothing later. @default all that the offline store has now */
  readonly knownAt?: TimeInput;
  /** Whether a row must be older than the label: an equal time does not count. @default false */
  readonly strict?: boolean;
}

type Asked =
  | { readonly service: DefinedService | string; readonly features?: never }
  | { readonly features: readonly string[]; readonly service?: never };

/** A snapshot for the labels of a model: one row for each prediction between the times that has the label. */
export type SnapshotOfLabels = Asked &
  Knowledge & {
    readonly labels: {
      readonly model: string;
      /** The label. */
      readonly name: string;
      /** First prediction time. */
      readonly from: TimeInput;
      /** First prediction time after it. */
      readonly until: TimeInput;
    };
  };

/** A snapshot for rows that are sent along: entity keys and the time of each. */
export type SnapshotOfSpine = Asked &
  Knowledge & {
    readonly spine: HttpBody;
    readonly format: SnapshotFormat;
    /** The column of the spine that holds the time of each row. */
    readonly timeColumn: string;
  };

const snapshotSchema = z.looseObject({ id: z.string(), manifest: z.looseObject({}) });
const manifestSchema = z.looseObject({});

/** A snapshot: what names it, and the manifest that pins it. */
export type Snapshot = z.output<typeof snapshotSchema>;

/** Point-in-time snapshots for training jobs. */
export interface Snapshots {
  /** Pins a snapshot. @throws MillraceError DEFINITION_UNKNOWN, REQUEST_INVALID, STORE_UNAVAILABLE and others. */
  create(request: SnapshotOfLabels | SnapshotOfSpine): Promise<Snapshot>;
  get(id: string): Promise<Snapshot>;
  /** The manifest: service, hashes, offset vector, row count, content hash. */
  manifest(id: string): Promise<z.output<typeof manifestSchema>>;
  /** The rows, as they come from the store. */
  data(id: string, format?: SnapshotFormat): Promise<ReadableStream<Uint8Array>>;
  /** The rows as an Arrow table in memory. */
  table(id: string): Promise<Table>;
}

/** Snapshots of a feature server. */
export function snapshotsOf(featureServer: Http): Snapshots {
  const get = (path: string, query = {}) => featureServer({ method: 'GET', path, query, repeatable: true });
  const pathOf = (id: string) => `/v1/snapshots/${encodeURIComponent(id)}`;
  const data = async (id: string, format: SnapshotFormat = 'arrow') => {
    const { body } = await get(`${pathOf(id)}/data`, { format });
    if (body === null) throw new MillraceError('SERVICE_UNAVAILABLE', `snapshot ${id} came without a body`);
    return body;
  };
  return {
    async create(request) {
      const response = await featureServer(
        'spine' in request ? spineRequest(request) : labelsRequest(request),
      );
      return snapshotSchema.parse(await response.json());
    },
    get: async (id) => snapshotSchema.parse(await (await get(pathOf(id))).json()),
    manifest: async (id) => manifestSchema.parse(await (await get(`${pathOf(id)}/manifest`)).json()),
    data,
    table: async (id) => tableFromIPC(await data(id)),
  };
}

function labelsRequest(request: SnapshotOfLabels) {
  const { labels, knownAt, strict } = request;
  return {
    method: 'POST' as const,
    path: '/v1/snapshots',
    json: {
      ...(request.features === undefined
        ? { service: nameOf(request.service) }
        : { features: request.features }),
      labels: { ...labels, from: timeToJson(labels.from), until: timeToJson(labels.until) },
      ...(knownAt === undefined ? {} : { knownAt: timeToJson(knownAt) }),
      ...(strict === undefined ? {} : { strict }),
    },
    repeatable: true,
  };
}

function spineRequest(request: SnapshotOfSpine) {
  const { spine, format, timeColumn, knownAt, strict } = request;
  return {
    method: 'POST' as const,
    path: '/v1/snapshots',
    query: {
      service: request.service === undefined ? undefined : nameOf(request.service),
      features: request.features?.join(','),
      timeColumn,
      knownAt: knownAt === undefined ? undefined : timeToJson(knownAt),
      strict: strict === undefined ? undefined : String(strict),
    },
    headers: { 'content-type': mediaTypes[format] },
    body: spine,
    // A stream can be read once only.
    repeatable: !(spine instanceof ReadableStream),
  };
}

function nameOf(service: DefinedService | string): string {
  return typeof service === 'string' ? service : service.definition.name;
}
