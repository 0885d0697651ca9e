import { raiseScript, writeScript } from '@millrace/online-store/redis';
import type { Pair, Tap } from './link.ts';
import { type RespCommand, RespCommands } from './resp-commands.ts';
import type { Point, Trap } from './traps.ts';

/**
 * Recognises the calls of the projector's scripts: `between-buckets` between two calls that write one batch,
 * `written-not-committed` when a batch is in and its position is raised. The server has carried out what came
 * before the point, and its answers are not passed on.
 */
export function redisTap(trap: Trap): (pair: Pair) => Tap {
  return (pair) => {
    const commands = new RespCommands();
    let lastBatch: string | undefined;

    function stopAt(point: Point): void {
      pair.cut();
      void pair.serverDone().then(() => trap.spring(point));
    }

    /** Whether the trap was sprung before or after this command. */
    function pass(command: RespCommand): boolean {
      const [name = '', sha = '', , , partition = '', next = ''] = command.head;
      const called = name.toLowerCase() === 'evalsha' ? sha : undefined;
      if (called === writeScript.sha) {
        const batch = `${partition}@${next}`;
        if (lastBatch === batch && trap.reached('between-buckets')) {
          stopAt('between-buckets');
          return true;
        }
        lastBatch = batch;
      }
      pair.toServer(command.bytes);
      if (called !== raiseScript.sha) return false;
      lastBatch = undefined;
      if (!trap.reached('written-not-committed')) return false;
      stopAt('written-not-committed');
      return true;
    }

    return {
      fromClient(bytes) {
        for (const command of commands.push(bytes)) if (pass(command)) return;
      },
      fromServer: (bytes) => pair.toClient(bytes),
    };
  };
}
