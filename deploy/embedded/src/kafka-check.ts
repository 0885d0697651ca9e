import { answers } from './socket-check.ts';

const FIND_COORDINATOR = 10;
const CORRELATION_ID = 1;

/**
 * Whether Kafka serves requests and can say who coordinates consumer groups. On a new log it makes the topic of
 * their offsets upon the first such question; a client that asks before that topic has leaders may give up.
 */
export function hasGroupCoordinator(port: number): Promise<boolean> {
  return answers(port, request('millrace'), (answer) => {
    // length, correlation id, throttle time: four bytes each; then the error code
    return answer.length >= 14 && answer.readInt32BE(4) === CORRELATION_ID && answer.readInt16BE(12) === 0;
  });
}

/** FindCoordinator, version 2, for a group, without a client id. */
function request(group: string): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(FIND_COORDINATOR, 0);
  header.writeInt16BE(2, 2);
  header.writeInt32BE(CORRELATION_ID, 4);
  header.writeInt16BE(-1, 8);
  const body = Buffer.alloc(2 + group.length + 1);
  body.writeInt16BE(group.length, 0);
  body.write(group, 2, 'latin1');
  const length = Buffer.alloc(4);
  length.writeInt32BE(header.length + body.length, 0);
  return Buffer.concat([length, header, body]);
}
