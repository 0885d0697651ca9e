import type {
  Difference,
  DifferenceCounts,
  Pending,
  StaleView,
  VerificationReport,
} from '@millrace/verification';
import { grouped, table } from '../io/table.ts';

/** The report for people. */
export function reportText(report: VerificationReport): string {
  const { conservation, parity, records, differences, pending, stale } = report;
  const topics = table(
    [
      'TOPIC',
      'OFFSETS',
      'ROWS',
      'DEAD LETTERS',
      'NO RECORD',
      'EVENTS',
      'LOST',
      'UNKNOWN',
      'DOUBLED',
      'DIFFERING',
    ],
    conservation.topics.map(({ topic, offsets, rows, deadLetters, empty, events, counts }) => [
      topic,
      ...[offsets, rows, deadLetters, empty].map(grouped),
      events === null ? '-' : grouped(events),
      ...countsOf(counts),
    ]),
  );
  const views = table(
    ['VIEW', 'ENTITIES', 'VALUES', 'COLLECTED'],
    parity.views.map(({ view, entities, values, collected }) => [
      view,
      grouped(entities),
      grouped(values),
      grouped(collected),
    ]),
  );
  return [
    `The log against the offline store:\n${topics}`,
    `The online store against the offline store (${grouped(parity.buckets)} buckets, ${grouped(parity.differences)} differences):\n${views}`,
    ...(records === null
      ? []
      : [
          `Every row against its record: ${grouped(records.rows)} rows, ${grouped(records.differences)} differences`,
        ]),
    ...(differences.length === 0 ? [] : [differencesText(differences, totalOf(report.counts))]),
    ...(pending.length === 0 ? [] : [pendingText(pending)]),
    ...(stale.length === 0 ? [] : [staleText(stale)]),
    `${verdicts[report.outcome]} ${report.seconds.toFixed(1)} s.`,
  ].join('\n\n');
}

const verdicts = {
  equal: 'Equal: both stores are what the log says.',
  different: 'DIFFERENT: the stores are not what the log says.',
  'not-reached': 'NOT REACHED: what was checked is right, but not all could be checked.',
} as const;

function countsOf({ lost, unknown, doubled, differing }: DifferenceCounts): string[] {
  return [lost, unknown, doubled, differing].map(grouped);
}

function totalOf({ lost, unknown, doubled, differing }: DifferenceCounts): number {
  return lost + unknown + doubled + differing;
}

function differencesText(differences: readonly Difference[], total: number): string {
  const listed =
    total === differences.length
      ? `${grouped(total)} differences:`
      : `${grouped(total)} differences, of which ${grouped(differences.length)} are listed:`;
  return [listed, ...differences.map(differenceText)].join('\n');
}

function differenceText({
  kind,
  store,
  subject,
  entityKey,
  column,
  online,
  offline,
  origin,
  cause,
}: Difference): string {
  const what = [subject, entityKey, column].filter((part) => part !== null).join(' · ');
  return [
    `- ${kind} (${store}) ${what}`,
    `    ${cause}`,
    ...(online === null ? [] : [`    Redis:      ${online}`]),
    ...(offline === null ? [] : [`    ClickHouse: ${offline}`]),
    ...(origin?.eventId === null || origin === null ? [] : [`    event:      ${origin.eventId}`]),
  ].join('\n');
}

function pendingText(pending: readonly Pending[]): string {
  return [
    'Not reached in time:',
    ...pending.map(
      ({ store, topic, partition, has, wanted }) =>
        `- the ${store} store has ${topic}/${partition} before offset ${has}, the log had it before ${wanted}`,
    ),
  ].join('\n');
}

function staleText(stale: readonly StaleView[]): string {
  return [
    'Views for analysts that an offline-projector has to put right:',
    ...stale.map(({ topic, view, shows, live }) =>
      shows === null
        ? `- ${view} is not there, or shows no generation; generation ${live} of ${topic} is live`
        : `- ${view} still shows generation ${shows} of ${topic}, where generation ${live} is live`,
    ),
  ].join('\n');
}
