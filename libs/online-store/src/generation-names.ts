import type { TopicPartition } from './port.ts';

const GENERATION = '#';

/**
 * The name under which the store keeps what belongs to a generation: of a view its fields, of a topic its positions.
 * Generation 1 has the name itself, so that a store that never saw a rebuild needs no other.
 */
export function physicalName(name: string, generation: number): string {
  return generation === 1 ? name : name + GENERATION + generation;
}

/** Takes apart what {@link physicalName} made; names of views and topics have no `#`. */
export function parsePhysicalName(physical: string): {
  readonly name: string;
  readonly generation: number;
} {
  const at = physical.lastIndexOf(GENERATION);
  return at === -1
    ? { name: physical, generation: 1 }
    : { name: physical.slice(0, at), generation: Number(physical.slice(at + 1)) };
}

/** The field of a partition in the hashes of positions. */
export function partitionField({ topic, generation, partition }: TopicPartition): string {
  return positionsPrefix(topic, generation) + partition;
}

/** What the fields of all partitions of a topic begin with. */
export function positionsPrefix(topic: string, generation: number): string {
  return `${physicalName(topic, generation)}:`;
}

/** Takes apart what {@link partitionField} made; topics have no colon. */
export function parsePartitionField(field: string): TopicPartition {
  const at = field.lastIndexOf(':');
  const { name, generation } = parsePhysicalName(field.slice(0, at));
  return { topic: name, generation, partition: Number(field.slice(at + 1)) };
}
