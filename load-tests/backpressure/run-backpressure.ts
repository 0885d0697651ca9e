import { type ProcessReport, valueOf, watchProcesses } from '../fuzz/memory.ts';
import { watchConsumption } from '../fuzz/records/consumption.ts';
import { lostRows } from './losses.ts';
import type { Outage } from './outages.ts';
import type { Platform } from './platform.ts';
import { type OutageFigures, runOutage } from './run-outage.ts';
import { startLoad } from './steady-load.ts';
import { pressureTopic } from './view.ts';

const WARM_UP_MS = 60_000;

/** How to run. */
export interface BackpressureOptions {
  readonly outages: readonly Outage[];
  readonly rowsPerSecond: number;
  /** Told of each outage when it is over. */
  progress(figures: OutageFigures): void;
}

/** What came of it. */
export interface BackpressureReport {
  readonly figures: readonly OutageFigures[];
  readonly acknowledged: number;
  /** Acknowledged rows that a store does not have in the end. */
  readonly lost: { readonly offline: number; readonly online: number };
  readonly processes: readonly ProcessReport[];
  readonly ended: readonly string[];
}

/** Takes servers away one after the other under a steady load, and looks for every acknowledged row at the end. */
export async function runBackpressure(
  platform: Platform,
  { outages, rowsPerSecond, progress }: BackpressureOptions,
): Promise<BackpressureReport> {
  const { servers, services, ended } = platform;
  const consumed = { online: [pressureTopic], offline: [pressureTopic] };
  const consumption = await watchConsumption(servers.addresses, consumed);
  const processes = watchProcesses(services);
  const load = startLoad(services.gateway.url, rowsPerSecond);
  const figures: OutageFigures[] = [];
  try {
    await consumption.value.until(rowsPerSecond, WARM_UP_MS);
    for (const outage of outages) {
      const lag = () => lagOf(platform, outage);
      const parts = {
        platform,
        load,
        consumption: consumption.value,
        memory: processes.now,
        lag,
        // Both projectors, two seconds.
        onTheWay: 4 * rowsPerSecond,
      };
      const measured = await runOutage(outage, parts);
      figures.push(measured);
      progress(measured);
    }
    await load.stop();
    await consumption.value.until(0, WARM_UP_MS);
    const lost = await lostRows(load.acknowledged(), servers.addresses, services['feature-server'].url);
    return {
      figures,
      acknowledged: load.acknowledged().size,
      lost,
      processes: await processes.stop(),
      ended,
    };
  } finally {
    await load.stop();
    await processes.stop();
    await consumption.stop();
  }
}

/** What the gauge says of the projector whose store is away. */
async function lagOf({ services }: Platform, { server }: Outage): Promise<number> {
  const name = server === 'redis' ? 'online-projector' : 'offline-projector';
  const response = await fetch(`${services[name].url}/metrics`);
  return valueOf(await response.text(), `millrace_${name.replace('-', '_')}_lag_records`);
}
