import { setTimeout as wait } from 'node:timers/promises';
import { alertExpression } from '../../deploy/prometheus/alert-rules.ts';
import { evaluate } from '../../deploy/prometheus/evaluate.ts';
import { Scrapes } from '../../deploy/prometheus/exposition.ts';

const SCRAPE_MS = 500;
const ANSWER_MS = 10_000;
const WATCHED = /_lag_records$|^millrace_problems$|_waiting_bytes$/;

/** An alert, and the labels that its expression has to give. */
export interface WantedAlert {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What an operator's Prometheus would know. */
export interface AlertWatch {
  /**
   * Resolves when the expressions of alerts give an element with their labels, or none any more, or when the patience
   * is over. An alert's own waiting time is left out.
   *
   * @returns the alerts whose expressions do at last.
   */
  until(
    holding: 'all' | 'none',
    wanted: readonly WantedAlert[],
    patienceMs: number,
  ): Promise<readonly string[]>;
  /** The greatest value that a metric had; undefined when nobody has it. */
  most(metric: string): number | undefined;
  stop(): Promise<void>;
}

/**
 * Scrapes services as Prometheus does, and evaluates the alerts that operators get.
 *
 * @param scale what the alerts' bounds are multiplied with.
 */
export function watchAlerts(
  services: Readonly<Record<string, { readonly url: string }>>,
  scale: number,
): AlertWatch {
  const scrapes = new Scrapes(WATCHED);
  const ending = new AbortController();

  async function scrape(url: string): Promise<void> {
    while (!ending.signal.aborted) {
      // A service whose store is frozen takes a while to say so.
      const text = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) })
        .then((response) => response.text())
        .catch(() => '');
      scrapes.add(text, performance.now() / 1_000);
      await wait(SCRAPE_MS);
    }
  }

  const loops = Object.values(services).map(({ url }) => scrape(url));

  function holds({ alert, labels }: WantedAlert): boolean {
    const found = evaluate(alertExpression(alert), {
      series: scrapes.all(),
      now: performance.now() / 1_000,
      scale,
    });
    return found.some((element) =>
      Object.entries(labels).every(([label, value]) => element.labels[label] === value),
    );
  }

  return {
    most: (metric) => scrapes.most(metric),
    async until(holding, wanted, patienceMs) {
      const enough = holding === 'all' ? wanted.length : 0;
      const end = performance.now() + patienceMs;
      for (;;) {
        const held = wanted.filter(holds).map(({ alert }) => alert);
        if (held.length === enough || performance.now() > end) return held;
        await wait(SCRAPE_MS);
      }
    },
    async stop() {
      ending.abort();
      await Promise.all(loops);
    },
  };
}
