import type { ConsumeOptions, LogReader, PartitionBatch } from '@millrace/event-log';
import type { Running } from '@millrace/kernel';
import type { FollowedDefinitions } from './definitions.ts';

/** How to project topics into a store. */
export interface ProjectTopicsOptions {
  /** Names the consumer groups: `<service>.<topic>`. */
  readonly service: string;
  readonly log: LogReader;
  readonly definitions: FollowedDefinitions;
  /** Topics beside those of the feature views. @default none */
  readonly otherTopics?: readonly string[];
  /** The offset to go on from, asked of the store. */
  resumeFrom(topic: string, partition: number): Promise<bigint>;
  /** Applies a batch; resolves when the store has it. */
  apply(batch: PartitionBatch): Promise<void>;
  onFailure(error: unknown): void;
  readonly maxBytesPerPartition?: number;
}

/** Topics that are being projected. */
export interface ProjectedTopics {
  /** The topics whose consumers run. */
  topics(): readonly string[];
}

/**
 * Consumes every feature view's topic, and others if asked to, each in a group of its own: each view has its own
 * lag, and a view that is registered later starts a consumer without disturbing the rest.
 */
export async function projectTopics(options: ProjectTopicsOptions): Promise<Running<ProjectedTopics>> {
  const { service, log, definitions } = options;
  const consumers = new Map<string, Promise<Running<void>>>();
  let stopped = false;

  function start(topic: string): Promise<Running<void>> {
    const consume: ConsumeOptions = {
      groupId: `${service}.${topic}`,
      topic,
      resumeFrom: (partition) => options.resumeFrom(topic, partition),
      onBatch: (batch) => options.apply(batch),
      onFailure: options.onFailure,
      ...(options.maxBytesPerPartition === undefined
        ? {}
        : { maxBytesPerPartition: options.maxBytesPerPartition }),
    };
    return log.consume(consume);
  }

  function startMissing(): Promise<unknown> {
    if (stopped) return Promise.resolve();
    const wanted = [...(options.otherTopics ?? []), ...definitions.catalog.views().map(({ topic }) => topic)];
    const started = wanted
      .filter((topic) => !consumers.has(topic))
      .map((topic) => {
        const consumer = start(topic);
        consumers.set(topic, consumer);
        return consumer;
      });
    return Promise.all(started);
  }

  const stopListening = definitions.onChange(() => void startMissing().catch(options.onFailure));
  const stop = async () => {
    stopped = true;
    stopListening();
    const started = await Promise.allSettled(consumers.values());
    await Promise.all(
      started.map(async (consumer) => (consumer.status === 'fulfilled' ? consumer.value.stop() : undefined)),
    );
  };
  try {
    await startMissing();
  } catch (error) {
    await stop();
    throw error;
  }
  return { value: { topics: () => [...consumers.keys()] }, stop };
}
