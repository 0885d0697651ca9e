import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { removeMembers } from './remove-members.ts';

/** What can become of the offsets that a group committed: expired, or deleted or reset by hand. */
export type GroupMishap = 'deleted' | 'to-earliest' | 'to-latest' | 'beyond-the-end';

/** All of them. */
export const groupMishaps: readonly GroupMishap[] = ['deleted', 'to-earliest', 'to-latest', 'beyond-the-end'];

/** Where a mishap happens. */
export interface GroupPlace {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topic: string;
}

const BEYOND = 1_000_000;
const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;

/** Lets it happen to a group without members, as `kafka-consumer-groups --delete` and `--reset-offsets` do. */
export async function mishapOfIdleGroup(place: GroupPlace, mishap: GroupMishap): Promise<void> {
  const { groupId, topic } = place;
  await withAdmin(place, async (admin) => {
    // Refused until the last member has left.
    await retried(async () => {
      if (mishap === 'deleted') await admin.deleteGroups([groupId]);
      else await admin.setOffsets({ groupId, topic, partitions: await offsetsAfter(mishap, admin, topic) });
    });
  });
}

/**
 * Lets it happen under the members of a group. Kafka refuses that to its tools, so offsets are committed by one who
 * joins for it, and before the group is deleted its members are removed, who then join again.
 *
 * @param meanwhile done while the one who joined has a part of the partitions, and nothing of theirs is applied.
 */
export async function mishapOfRunningGroup(
  place: GroupPlace,
  mishap: GroupMishap,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  await withAdmin(place, async (admin, kafka) => {
    if (mishap === 'deleted') {
      await meanwhile();
      await deleteUnderMembers(admin, place);
    } else await commitAsMember(kafka, admin, place, mishap, meanwhile);
  });
}

async function commitAsMember(
  kafka: Kafka,
  admin: Admin,
  { groupId, topic }: GroupPlace,
  mishap: Exclude<GroupMishap, 'deleted'>,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
    await joined;
    await meanwhile();
    const offsets = await offsetsAfter(mishap, admin, topic);
    // Refused while the group shares its partitions out again.
    await retried(() => consumer.commitOffsets(offsets.map((offset) => ({ topic, ...offset }))));
  } finally {
    await consumer.disconnect();
  }
}

/** Again, where a member came back in between. */
async function deleteUnderMembers(admin: Admin, { groupId }: GroupPlace): Promise<void> {
  await retried(async () => {
    const [{ brokers }, { groups }] = await Promise.all([
      admin.describeCluster(),
      admin.describeGroups([groupId]),
    ]);
    const members = groups.flatMap((group) => group.members.map(({ memberId }) => memberId));
    await removeMembers(brokers, groupId, members);
    await admin.deleteGroups([groupId]);
  });
}

async function offsetsAfter(mishap: Exclude<GroupMishap, 'deleted'>, admin: Admin, topic: string) {
  const spans = await admin.fetchTopicOffsets(topic);
  return spans.map(({ partition, low, high }) => {
    const end = Number(high);
    const offset = { 'to-earliest': Number(low), 'to-latest': end, 'beyond-the-end': end + BEYOND }[mishap];
    return { partition, offset: String(offset) };
  });
}

async function withAdmin(
  { brokers }: GroupPlace,
  work: (admin: Admin, kafka: Kafka) => Promise<void>,
): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'mishap',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await work(admin, kafka);
  } finally {
    await admin.disconnect();
  }
}

async function retried(work: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await wait(PAUSE_MS);
    }
  }
}
