import type { PartitionSpan } from '@millrace/event-log';
import { MillraceError } from '@millrace/kernel';

/** For each topic and partition, the last offset that has to be in before the switch. */
export type Ends = ReadonlyMap<string, Readonly<Record<string, bigint>>>;

/**
 * Reads ends such as `features.a/0=1000,features.a/1=900`.
 *
 * @throws MillraceError REQUEST_INVALID
 */
export function parseEnds(text: string): Ends {
  const ends = new Map<string, Record<string, bigint>>();
  for (const part of text.split(',')) {
    const match = /^(.+)\/(\d{1,5})=(\d{1,13})$/.exec(part.trim());
    const [, topic, partition, offset] = match ?? [];
    if (topic === undefined || partition === undefined || offset === undefined)
      throw invalid(`${part} must be topic/partition=offset, such as features.airport_departures/0=1000`);
    const ofTopic = ends.get(topic) ?? {};
    if (ofTopic[String(Number(partition))] !== undefined)
      throw invalid(`${topic}/${partition} is named twice`);
    ofTopic[String(Number(partition))] = BigInt(offset);
    ends.set(topic, ofTopic);
  }
  return ends;
}

/**
 * Checks ends against what is rebuilt and what the log has.
 *
 * @param spans of the topics that are rebuilt.
 * @throws MillraceError REQUEST_INVALID
 */
export function checkEnds(ends: Ends, spans: ReadonlyMap<string, readonly PartitionSpan[]>): void {
  for (const [topic, partitions] of ends) {
    const ofTopic = spans.get(topic);
    if (ofTopic === undefined)
      throw invalid(`${topic} is not rebuilt here, so --to-offset cannot name it; add its --view or --topic`);
    for (const [partition, offset] of Object.entries(partitions)) {
      const span = ofTopic.find((candidate) => String(candidate.partition) === partition);
      if (span === undefined)
        throw invalid(`${topic} has no partition ${partition}: it has ${ofTopic.length}`);
      if (offset >= span.next)
        throw invalid(
          `--to-offset must not lie beyond the log's end: ${topic}/${partition} ends with offset ${span.next - 1n}`,
        );
    }
  }
}

function invalid(message: string): MillraceError {
  return new MillraceError('REQUEST_INVALID', message);
}
