import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import type { Http } from './http.ts';
import { type TimeInput, timeToJson } from './time-input.ts';

const windowSchema = z.looseObject({
  monitor: z.string(),
  subject: z.string(),
  windowStart: z.string(),
  windowEnd: z.string(),
  revision: z.number(),
  reason: z.string(),
  rows: z.number(),
  driftedShare: z.number(),
  features: z.array(
    z.looseObject({
      name: z.string(),
      nullShare: z.number(),
      psi: z.number().nullable(),
      drifted: z.boolean(),
    }),
  ),
});
const windowsSchema = z.object({ windows: z.array(windowSchema) });
const watermarksSchema = z.object({
  watermarks: z.array(
    z.looseObject({
      monitor: z.string(),
      subject: z.string(),
      watermark: z.string().nullable(),
      closedThrough: z.string().nullable(),
    }),
  ),
});

/** A window of a monitor, in one revision, with the drift of each feature. */
export type DriftWindow = z.output<typeof windowSchema>;
/** How far event time has come for a monitor. */
export type Watermark = z.output<typeof watermarksSchema>['watermarks'][number];

/** Which windows. */
export interface WindowQuery {
  /** The feature view or model. */
  readonly subject?: string;
  /** Windows that start at or after it. */
  readonly from?: TimeInput;
  /** Windows that end at or before it. */
  readonly until?: TimeInput;
  /** Whether only the newest revision of each window is answered. @default false */
  readonly latest?: boolean;
}

/** What the monitor found. */
export interface Windows {
  list(query?: WindowQuery): Promise<readonly DriftWindow[]>;
  watermarks(): Promise<readonly Watermark[]>;
}

/** Windows of a monitor; without one, every call says that its address is missing. */
export function windowsOf(monitor: Http | undefined): Windows {
  const get = async (path: string, query = {}): Promise<unknown> => {
    if (monitor === undefined)
      throw new MillraceError('CONFIG_INVALID', 'createMillrace was given no monitorUrl');
    return (await monitor({ method: 'GET', path, query, repeatable: true })).json();
  };
  return {
    async list({ subject, from, until, latest } = {}) {
      const query = {
        subject,
        from: from === undefined ? undefined : timeToJson(from),
        until: until === undefined ? undefined : timeToJson(until),
        latest: latest === undefined ? undefined : String(latest),
      };
      return windowsSchema.parse(await get('/v1/windows', query)).windows;
    },
    watermarks: async () => watermarksSchema.parse(await get('/v1/watermarks')).watermarks,
  };
}
