import type { Pair, Tap } from './link.ts';
import type { Trap } from './traps.ts';

/** `acked-not-answered`: the gateway says that Kafka has the rows, and its client never hears it. */
export function gatewayTap(trap: Trap): (pair: Pair) => Tap {
  return (pair) => ({
    fromClient: (bytes) => pair.toServer(bytes),
    fromServer(bytes) {
      const isOk = bytes.toString('latin1', 0, 12) === 'HTTP/1.1 200';
      if (isOk && trap.reached('acked-not-answered')) {
        pair.cut();
        trap.spring('acked-not-answered');
      } else pair.toClient(bytes);
    },
  });
}
