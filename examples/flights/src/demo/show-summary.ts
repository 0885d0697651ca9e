import { styleText } from 'node:util';
import { MODEL } from '../definitions.ts';
import { driftChart, driftTable } from './drift-chart.ts';
import { PSI_THRESHOLD } from './monitors.ts';
import type { Output } from './progress.ts';
import { manifestTable, sampleTable, type TrainingSnapshot } from './snapshot.ts';
import type { RetrainingRequest, Summary } from './summary.ts';
import { formatCount, textTable } from './table.ts';

/** Shows what came of the demo on the terminal. */
export function showSummary(summary: Summary, output: Output): void {
  heading(output, 'Events by topic');
  output.line(textTable(...topicTable(summary)));
  heading(output, 'The online store');
  output.line(textTable(...onlineTable(summary)));
  for (const [monitor, points] of Map.groupBy(summary.windows, ({ monitor }) => monitor)) {
    heading(output, `Drift windows of ${monitor}, from the reference on`);
    if (points[0]?.subject === MODEL)
      output.line(`${driftChart(points, PSI_THRESHOLD, output.colour).trim()}\n`);
    output.line(driftTable(points));
    output.line('* drifted: moved further than the threshold, and further than chance explains');
  }
  heading(output, 'Retraining requests');
  if (summary.requests.length === 0) output.line('none: too few features moved');
  for (const request of summary.requests) output.line(describeRequest(request));
}

/** Shows the training snapshot: what pins it, and a few of its rows. */
export function showSnapshot(snapshot: TrainingSnapshot, output: Output): void {
  heading(
    output,
    'The training snapshot: every prediction that has its label, with what was known at its time',
  );
  output.line(textTable(...manifestTable(snapshot)));
  output.line(`\n${sampleTable(snapshot)}`);
}

/** The table of topics: header and rows. */
export function topicTable({ topics }: Summary): [string[], string[][]] {
  const rows = topics.map(({ topic, events, offline }) => [
    topic,
    formatCount(events),
    offline === undefined ? '–' : formatCount(offline),
  ]);
  return [['topic', 'events in Kafka', 'rows in ClickHouse'], rows];
}

/** The table of the online store: header and rows. */
export function onlineTable({ online }: Summary): [string[], string[][]] {
  return [['view', 'rows in Redis'], online.map(({ view, rows }) => [view, formatCount(rows)])];
}

/** A retraining request in sentences. */
export function describeRequest(request: RetrainingRequest): string {
  const { model, championVersion, reason, policy, windowStart, windowEnd, driftedFeatures, requestId } =
    request;
  return [
    `Train ${model} again (champion now: ${championVersion ?? 'none'}), says policy ${policy}: ${reason}`,
    `  window ${day(windowStart)} to ${day(windowEnd)}; drifted: ${driftedFeatures.join(', ')}`,
    `  train on labels of predictions from ${day(request.labelsFrom)} to ${day(request.labelsUntil)}; request ${requestId}`,
  ].join('\n');
}

/** A heading on the terminal. */
export function heading(output: Output, text: string): void {
  output.line(`\n${output.colour ? styleText('bold', text) : text}\n`);
}

function day(instant: string | null): string {
  return instant === null ? 'the beginning' : instant.slice(0, 16).replace('T', ' ');
}
