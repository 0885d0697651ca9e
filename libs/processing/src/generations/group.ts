import type { GenerationId } from './port.ts';

/** The consumer group that fills a generation: `<service>.<topic>`, and `.g<number>` behind it from the second on. */
export function groupOf(service: string, { topic, number }: GenerationId): string {
  return number === 1 ? `${service}.${topic}` : `${service}.${topic}.g${number}`;
}
