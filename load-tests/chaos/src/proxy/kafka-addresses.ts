import type { Pair, Tap } from './link.ts';

/** Longer answers hold records, never addresses. */
const LONGEST = 256 * 1024;

/**
 * Passes Kafka's answers on with the proxy's port in the place of the broker's, so that clients come back through
 * the proxy: a broker tells them its address in answers about topics and groups.
 */
export function kafkaAddresses(brokerPort: number): (pair: Pair, link: { readonly port: number }) => Tap {
  const host = '127.0.0.1';
  const told = Buffer.alloc(2 + host.length + 4);
  told.writeInt16BE(host.length, 0);
  told.write(host, 2, 'latin1');
  told.writeInt32BE(brokerPort, 2 + host.length);
  return (pair, link) => {
    let held: Buffer = Buffer.alloc(0);
    let passing = 0;
    return {
      fromClient: (bytes) => pair.toServer(bytes),
      fromServer(bytes) {
        let rest = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
        held = Buffer.alloc(0);
        while (rest.length > 0) {
          if (passing > 0) {
            const part = rest.subarray(0, passing);
            passing -= part.length;
            rest = rest.subarray(part.length);
            pair.toClient(part);
            continue;
          }
          const size = rest.length < 4 ? undefined : rest.readInt32BE(0) + 4;
          if (size !== undefined && size > LONGEST) {
            passing = size;
            continue;
          }
          if (size === undefined || rest.length < size) {
            held = rest;
            return;
          }
          pair.toClient(withPort(rest.subarray(0, size), told, link.port));
          rest = rest.subarray(size);
        }
      },
    };
  };
}

function withPort(frame: Buffer, told: Buffer, port: number): Buffer {
  let at = frame.indexOf(told);
  if (at < 0) return frame;
  const changed = Buffer.from(frame);
  while (at >= 0) {
    changed.writeInt32BE(port, at + told.length - 4);
    at = changed.indexOf(told, at + told.length);
  }
  return changed;
}
