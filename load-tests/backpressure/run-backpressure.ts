import { type ProcessReport, valueOf, watchProcesses } from '../fuzz/memory.ts';
import { watchConsumption } from '../fuzz/records/consumption.ts';
import { lostRows } from './losses.ts';
import type { Outage } from './outages.ts';
import type { Platform } from './platform.ts';
import { ALERT_MS, type OutageFigures, runOutage } from './run-outage.ts';
import { startLoad } from './steady-load.ts';
import { type Verified, verify } from './verify.ts';
import { pressureTopic } from './view.ts';
import { type WantedAlert, watchAlerts } from './watch-alerts.ts';

const WARM_UP_MS = 60_000;
/** Records of an outage with which the alerts are held to their own bounds, four times the greatest of those. */
const ENOUGH = 40_000;

/** How to run. */
export interface BackpressureOptions {
  readonly outages: readonly Outage[];
  readonly rowsPerSecond: number;
  /** Milliseconds before each outage for which it is looked at what is usual. @default 3000 */
  readonly calmMs?: number;
  /** Seconds of the load that may be on their way to a store when it counts as having caught up. @default 2 */
  readonly underWaySeconds?: number;
  /** Told of each outage when it is over. */
  progress(figures: OutageFigures): void;
}

/** What came of it. */
export interface BackpressureReport {
  readonly figures: readonly OutageFigures[];
  readonly acknowledged: number;
  /** Acknowledged rows that a store does not have in the end. */
  readonly lost: { readonly offline: number; readonly online: number };
  /** Records that were not applied a while after the load had ended. */
  readonly left: number;
  /** Alerts whose expressions held then still. */
  readonly alertsLeft: readonly string[];
  /** Bytes that waited for ClickHouse at most, and those that may: a quarter of the queue, since one topic is written to. */
  readonly queued: { readonly most: number; readonly budget: number };
  /** What `millrace verify` found in the end. */
  readonly verified: Verified;
  readonly processes: readonly ProcessReport[];
  readonly ended: readonly string[];
}

/** Takes servers away one after the other under a steady load, and looks for every acknowledged row at the end. */
export async function runBackpressure(
  platform: Platform,
  { outages, rowsPerSecond, calmMs = 3_000, underWaySeconds = 2, progress }: BackpressureOptions,
): Promise<BackpressureReport> {
  const { servers, services, ended } = platform;
  const consumed = { online: [pressureTopic], offline: [pressureTopic] };
  const consumption = await watchConsumption(servers.addresses, consumed);
  const processes = watchProcesses(services);
  const scale = Math.min(1, (rowsPerSecond * Math.min(...outages.map(({ seconds }) => seconds))) / ENOUGH);
  const alerts = watchAlerts(services, scale);
  const load = startLoad(services.gateway.url, rowsPerSecond);
  const figures: OutageFigures[] = [];
  try {
    await consumption.value.until(rowsPerSecond, WARM_UP_MS);
    await processes.allAnswered(WARM_UP_MS);
    for (const outage of outages) {
      const lag = () => lagOf(platform, outage);
      const parts = {
        platform,
        load,
        consumption: consumption.value,
        memory: processes.now,
        lag,
        alerts,
        wanted: alertsOf(outage),
        calmMs,
        // To two stores.
        onTheWay: 2 * underWaySeconds * rowsPerSecond,
      };
      const measured = await runOutage(outage, parts);
      figures.push(measured);
      progress(measured);
    }
    await load.stop();
    const left = await consumption.value.until(0, WARM_UP_MS);
    const [alertsLeft, lost, verified] = await Promise.all([
      alerts.until('none', outages.flatMap(alertsOf), ALERT_MS),
      lostRows(load.acknowledged(), servers.addresses, services['feature-server'].url),
      verify(servers.addresses),
    ]);
    return {
      figures,
      acknowledged: load.acknowledged().size,
      left,
      lost,
      alertsLeft,
      queued: {
        most: alerts.most('millrace_offline_projector_waiting_bytes') ?? 0,
        budget: platform.queueBytes / 4,
      },
      verified,
      processes: await processes.stop(),
      ended,
    };
  } finally {
    await load.stop();
    await processes.stop();
    await alerts.stop();
    await consumption.stop();
  }
}

/** Who is on call hears of a store that is away; of Kafka the gateway tells its senders. */
function alertsOf({ server }: Outage): readonly WantedAlert[] {
  if (server === 'kafka') return [];
  const service = projectorOf(server);
  return [
    { alert: 'MillraceNotReady', labels: { service } },
    { alert: 'MillraceLagGrows', labels: { service, topic: pressureTopic } },
  ];
}

/** What the gauge says of the projector whose store is away. */
async function lagOf({ services }: Platform, { server }: Outage): Promise<number> {
  const name = projectorOf(server);
  const response = await fetch(`${services[name].url}/metrics`);
  return valueOf(await response.text(), `millrace_${name.replace('-', '_')}_lag_records`);
}

function projectorOf(server: Outage['server']) {
  return server === 'redis' ? 'online-projector' : 'offline-projector';
}
