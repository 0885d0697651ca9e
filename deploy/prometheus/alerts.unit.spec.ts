import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectionGauges } from '../../libs/processing/src/index.ts';
import { createHttpApp, createLogger, createMetrics } from '../../libs/telemetry/src/index.ts';
import { onlineMetrics } from '../../services/feature-server/src/online/metrics.ts';
import { snapshotMetrics } from '../../services/feature-server/src/snapshots/metrics.ts';
import { gatewayMetrics } from '../../services/gateway/src/metrics.ts';
import { monitorMetrics } from '../../services/monitor/src/metrics.ts';
import { verificationMetrics } from '../../services/monitor/src/verification/metrics.ts';
import { offlineProjectorMetrics } from '../../services/offline-projector/src/metrics.ts';
import { onlineProjectorMetrics } from '../../services/online-projector/src/metrics.ts';
import { namesIn } from './metric-names.ts';

const root = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');

const metricSchema = z.object({
  name: z.string(),
  type: z.string().optional(),
  labelNames: z.array(z.string()).default([]),
});

/** By name, the labels of every metric that some service has; a histogram under each of its names. */
const metrics = await metricsOfServices();

async function metricsOfServices(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const registry = createMetrics('test');
  createHttpApp({ logger: createLogger('test', 'silent'), metrics: registry, problems: () => [] });
  const parts: readonly ((registry: Registry) => unknown)[] = [
    gatewayMetrics,
    onlineMetrics,
    snapshotMetrics,
    monitorMetrics,
    verificationMetrics,
    onlineProjectorMetrics,
    offlineProjectorMetrics,
    (one) => projectionGauges('online_projector', one),
    (one) => projectionGauges('offline_projector', one),
  ];
  for (const part of parts) part(registry);
  // What the scraper itself says of each service.
  const found = new Map<string, ReadonlySet<string>>([['up', new Set(['job', 'instance'])]]);
  for (const { name, type, labelNames } of z.array(metricSchema).parse(registry.getMetricsAsArray())) {
    const labels = new Set([...labelNames, 'service', 'job', 'instance']);
    found.set(name, labels);
    if (type !== 'histogram') continue;
    found.set(`${name}_bucket`, new Set([...labels, 'le']));
    found.set(`${name}_sum`, labels).set(`${name}_count`, labels);
  }
  return found;
}

const ruleSchema = z.strictObject({
  alert: z.string().regex(/^Millrace[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z
    .string()
    .regex(/^\d+[smh]$/)
    .optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
});
const rules = z
  .object({ groups: z.array(z.object({ name: z.string(), rules: z.array(ruleSchema) })) })
  .parse(parse(text('deploy/prometheus/alerts.yml')))
  .groups.flatMap((group) => group.rules);
const panels = z
  .object({
    panels: z.array(
      z.object({
        title: z.string(),
        datasource: z.object({ uid: z.string() }),
        targets: z.array(z.object({ expr: z.string() })),
      }),
    ),
  })
  .parse(JSON.parse(text('deploy/grafana/dashboards/millrace.json'))).panels;
const asked = [
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr])),
];

describe('alerts and dashboard', () => {
  test.each(asked)('%s asks for metrics and labels that services have: %s', (_name, expr) => {
    const { metrics: names, labels } = namesIn(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !metrics.has(name))).toEqual([]);
    const known = new Set(names.flatMap((name) => [...(metrics.get(name) ?? [])]));
    expect(labels.filter((label) => !known.has(label))).toEqual([]);
  });

  test('every alert has a name of its own', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  test('every alert says where to read what to do, and it stands there', () => {
    for (const { alert, annotations } of rules) {
      const [page = '', heading] = annotations.runbook.split('#');
      const slugs = [...text(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => slugOf(title));
      expect(slugs, `${alert} points to #${heading} of ${page}`).toContain(heading);
    }
  });

  test('the dashboard asks the provisioned data source', () => {
    const provisioned = z
      .object({ datasources: z.array(z.object({ uid: z.string() })) })
      .parse(parse(text('deploy/grafana/provisioning/datasources/prometheus.yml')));
    const uids = new Set(panels.map(({ datasource }) => datasource.uid));
    expect([...uids]).toEqual(provisioned.datasources.map(({ uid }) => uid));
  });

  test('Prometheus loads the rules, also in the container', () => {
    const { rule_files: files } = z
      .object({ rule_files: z.array(z.string()) })
      .parse(parse(text('deploy/prometheus/prometheus.yml')));
    expect(files).toEqual(['alerts.yml']);
    expect(text('docker-compose.yml')).toContain(
      './deploy/prometheus/alerts.yml:/etc/prometheus/alerts.yml:ro',
    );
  });
});

/** The anchor that a heading gets on the usual hosts. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
