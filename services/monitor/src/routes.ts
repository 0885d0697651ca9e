import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DriftWindowClosed, RetrainingRequested } from '@millrace/events';
import { parseInstant } from '@millrace/kernel';
import {
  answerMonitor,
  answerRetraining,
  answerStatus,
  answerWindow,
  monitorAnswer,
  retrainingAnswer,
  watermarkAnswer,
  windowAnswer,
} from './answers.ts';
import type { MonitorWatch } from './watch.ts';
import type { WindowHistory } from './window-history.ts';

/** What the routes answer from. */
export interface RoutesParts {
  readonly history: WindowHistory;
  watches(): readonly MonitorWatch[];
  requests(): readonly RetrainingRequested[];
}

const instant = z
  .string()
  .transform((text, context) => {
    const parsed = parseInstant(text);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: 'custom', message: parsed.error });
    return z.NEVER;
  })
  .optional();

const windowsQuery = z.object({
  subject: z.string().optional().describe('Only windows of this feature view or model.'),
  monitor: z.string().optional().describe('Only windows of this monitor.'),
  from: instant.describe('Only windows that start at or after this time.'),
  until: instant.describe('Only windows that end at or before this time.'),
  latest: z.enum(['true', 'false']).default('false').describe('Only the newest revision of each window.'),
});

const retrainingQuery = z.object({ model: z.string().optional().describe('Only requests for this model.') });

/** Adds the monitor's routes. */
export function addRoutes(app: FastifyInstance, { history, watches, requests }: RoutesParts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>();

  typed.get(
    '/v1/windows',
    {
      schema: {
        summary: 'Windows with their drift, by monitor and time.',
        querystring: windowsQuery,
        response: { 200: z.object({ windows: z.array(windowAnswer) }) },
      },
    },
    ({ query }) => {
      const monitors = query.monitor === undefined ? history.monitors() : [query.monitor];
      const all = monitors.flatMap((name) =>
        query.latest === 'true' ? history.newestOf(name) : history.of(name),
      );
      return { windows: all.filter((window) => fits(window, query)).map(answerWindow) };
    },
  );

  typed.get(
    '/v1/watermarks',
    {
      schema: {
        summary: 'How far each monitor is: wait for closedThrough to reach the time that you need.',
        response: { 200: z.object({ watermarks: z.array(watermarkAnswer) }) },
      },
    },
    () => ({ watermarks: watches().map(({ monitor, status }) => answerStatus(monitor, status)) }),
  );

  typed.get(
    '/v1/monitors',
    {
      schema: {
        summary: 'The monitors and their options.',
        response: { 200: z.object({ monitors: z.array(monitorAnswer) }) },
      },
    },
    () => ({ monitors: watches().map(({ monitor }) => answerMonitor(monitor)) }),
  );

  typed.get(
    '/v1/retraining',
    {
      schema: {
        summary: 'Retraining requests, oldest first.',
        querystring: retrainingQuery,
        response: { 200: z.object({ requests: z.array(retrainingAnswer) }) },
      },
    },
    ({ query }) => ({
      requests: requests()
        .filter(({ model }) => query.model === undefined || model === query.model)
        .map(answerRetraining),
    }),
  );
}

function fits(window: DriftWindowClosed, query: z.output<typeof windowsQuery>): boolean {
  return (
    (query.subject === undefined || window.subject === query.subject) &&
    (query.from === undefined || window.windowStart >= query.from) &&
    (query.until === undefined || window.windowEnd <= query.until)
  );
}
