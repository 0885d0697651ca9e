import type { Difference, DifferenceCounts, TopicReport, VerificationReport } from '@millrace/verification';
import { type Check, CheckFailed, mustEqual } from './checks.ts';
import { storedTopics } from './progress-of-stores.ts';
import { formatCount } from './table.ts';

/** That both stores are what the log says, as `millrace verify` proves it. */
export function proofChecks(report: Promise<VerificationReport>): Check[] {
  // What it fails with, each check tells.
  report.catch(() => undefined);
  return [...storedTopics.map(({ topic }) => storeHasTheLog(topic, report)), storesAgree(report)];
}

function storeHasTheLog(topic: string, report: Promise<VerificationReport>): Check {
  return {
    name: `ClickHouse has every record of ${topic}`,
    async run() {
      const { conservation, differences } = await reached(report);
      const found = conservation.topics.find((each) => each.topic === topic);
      if (found === undefined) throw new CheckFailed('it was not looked at');
      const first = differences.find(({ origin }) => origin?.topic === topic);
      if (total(found) > 0)
        throw new CheckFailed(first === undefined ? inCounts(found.counts) : inWords(first));
      mustEqual('rows', found.rows, found.offsets);
      return `${formatCount(found.offsets)} offsets, none missing and none invented`;
    },
  };
}

function storesAgree(report: Promise<VerificationReport>): Check {
  return {
    name: 'Redis agrees with ClickHouse on every entity',
    async run() {
      const { parity, differences } = await reached(report);
      const first = differences.find(({ column, entityKey }) => column !== null || entityKey !== null);
      if (parity.differences > 0)
        throw new CheckFailed(first === undefined ? inCounts(parity.counts) : inWords(first));
      const sum = (of: 'entities' | 'values') => parity.views.reduce((all, view) => all + view[of], 0);
      return `${formatCount(sum('entities'))} airports and routes, ${formatCount(sum('values'))} values`;
    },
  };
}

/** @throws CheckFailed when not all that the log has could be checked */
async function reached(asked: Promise<VerificationReport>): Promise<VerificationReport> {
  const report = await asked;
  const [behind] = report.pending;
  if (behind !== undefined) {
    const { store, topic, partition, has, wanted } = behind;
    throw new CheckFailed(
      `the ${store} store has ${topic}/${partition} before ${has}, the log before ${wanted}`,
    );
  }
  const [stale] = report.stale;
  if (stale !== undefined)
    throw new CheckFailed(`${stale.view} does not show what is live of ${stale.topic}`);
  return report;
}

function total({ counts }: TopicReport): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function inCounts(counts: DifferenceCounts): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${formatCount(count)} ${kind}`)
    .join(', ');
}

function inWords({ subject, entityKey, online, offline, cause }: Difference): string {
  const where = entityKey === null ? subject : `${subject} of ${entityKey}`;
  const what = `${online ?? 'nothing'} in Redis, ${offline ?? 'nothing'} in ClickHouse`;
  return online === null && offline === null ? `${where}: ${cause}` : `${where}: ${what}: ${cause}`;
}
