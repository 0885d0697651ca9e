import { once } from 'node:events';
import { connect } from 'node:net';

const LEAVE_GROUP = 13;
const VERSION = 0;
const CORRELATION = 1;
const PATIENCE_MS = 5_000;

/**
 * Removes members from a group as an administrator does, which kafkajs cannot: it asks each broker to let them leave,
 * and those that don't coordinate the group refuse.
 *
 * @throws Error when a broker does not answer in time
 */
export async function removeMembers(
  brokers: readonly { readonly host: string; readonly port: number }[],
  groupId: string,
  members: readonly string[],
): Promise<void> {
  for (const broker of brokers) {
    const socket = connect(broker);
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) });
      for (const member of members) {
        socket.write(leaveGroupRequest(groupId, member));
        await once(socket, 'data', { signal: AbortSignal.timeout(PATIENCE_MS) });
      }
    } finally {
      socket.destroy();
    }
  }
}

function leaveGroupRequest(groupId: string, member: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeInt16BE(LEAVE_GROUP, 0);
  header.writeInt16BE(VERSION, 2);
  header.writeInt32BE(CORRELATION, 4);
  const request = Buffer.concat([header, text('mishap'), text(groupId), text(member)]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(request.length);
  return Buffer.concat([size, request]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
