import type { Watermark } from '@millrace/client';
import { topics } from '@millrace/events';
import { describeError } from '@millrace/kernel';
import { appliedPartitions } from '@millrace/offline-store';
import { z } from 'zod';
import type { Context, Globals } from '../globals.ts';
import { getJson } from '../io/http.ts';
import { clickHouseOf, kafkaOf, onlineStoreOf, storesConfig, withServer } from '../io/stores.ts';
import { type TopicLag, topicLag } from './lag.ts';
import { type RebuildStatus, readRebuilds } from './read-rebuilds.ts';

/** Whether a service or a server does its work. */
export interface PartStatus {
  readonly name: string;
  readonly where: string;
  readonly ready: boolean;
  readonly problems: readonly string[];
}

/** The whole system at a glance. */
export interface Status {
  readonly services: readonly PartStatus[];
  readonly servers: readonly PartStatus[];
  readonly topics: readonly TopicLag[];
  readonly watermarks: readonly Watermark[];
  readonly rebuilds: readonly RebuildStatus[];
}

const readySchema = z.looseObject({ status: z.string(), problems: z.array(z.string()).default([]) });

/** Asks every service and every server; what does not answer is part of the answer. */
export async function readStatus({ globals, millrace }: Context): Promise<Status> {
  const config = storesConfig();
  const [services, kafka, watermarks] = await Promise.all([
    Promise.all(addresses(globals).map(([name, url]) => serviceStatus(name, url))),
    withServer(
      () => kafkaOf(config),
      async (log) => {
        const kept = (await log.topicNames())
          .filter((name) => name.startsWith('features.') || projected.has(name))
          .sort();
        return Promise.all(kept.map(async (topic) => ({ topic, spans: await log.spans(topic) })));
      },
    ),
    millrace.windows.watermarks().catch(() => []),
  ]);
  const logged = kafka.ok ? kafka.value : [];
  const [online, offline, rebuilds] = await Promise.all([
    withServer(
      () => onlineStoreOf(config),
      (store) => store.applied(),
    ),
    withServer(
      () => clickHouseOf(config),
      (client) =>
        appliedPartitions(
          client,
          logged.map(({ topic }) => topic),
        ),
    ),
    readRebuilds(config, new Map(logged.map(({ topic, spans }) => [topic, spans]))),
  ]);
  return {
    services,
    servers: [
      serverStatus('kafka', config.kafkaBrokers.join(','), kafka),
      serverStatus('redis', new URL(config.redisUrl).host, online),
      serverStatus('clickhouse', config.clickhouseUrl, offline),
    ],
    topics: logged.map(({ topic, spans }) =>
      topicLag(topic, spans, online.ok ? online.value : undefined, offline.ok ? offline.value : undefined),
    ),
    watermarks,
    rebuilds,
  };
}

const projected: ReadonlySet<string> = new Set(Object.values(topics).map(({ name }) => name));

function addresses(globals: Globals): readonly (readonly [string, string])[] {
  return [
    ['gateway', globals.gatewayUrl],
    ['feature-server', globals.featureServerUrl],
    ['registry', globals.registryUrl],
    ['monitor', globals.monitorUrl],
    ['online-projector', globals.onlineProjectorUrl],
    ['offline-projector', globals.offlineProjectorUrl],
  ];
}

async function serviceStatus(name: string, where: string): Promise<PartStatus> {
  try {
    const { problems } = await getJson(`${where}/health/ready`, readySchema, { alsoAnswers: [503] });
    return { name, where, ready: problems.length === 0, problems };
  } catch (error) {
    return { name, where, ready: false, problems: [describeError(error)] };
  }
}

function serverStatus(
  name: string,
  where: string,
  answer: { readonly ok: true } | { readonly ok: false; readonly problem: string },
): PartStatus {
  return { name, where, ready: answer.ok, problems: answer.ok ? [] : [answer.problem] };
}
