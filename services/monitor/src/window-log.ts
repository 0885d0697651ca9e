import type { EventCodec, EventLog } from '@millrace/event-log';
import { type DriftWindowClosed, KeyCodec, topics } from '@millrace/events';
import type { Running } from '@millrace/kernel';
import { WindowHistory } from './window-history.ts';

const topic = topics.driftWindows.name;
const keys = new KeyCodec({ monitor: 'string' });

/** The `drift-windows` topic: what the log says of windows, and how to say more. */
export interface WindowLog {
  readonly history: WindowHistory;
  /** Appends events and resolves when the history has read them back, whether they counted or not. */
  append(events: readonly DriftWindowClosed[]): Promise<void>;
  /** Resolves when the history holds all that the log has now. */
  caughtUp(): Promise<void>;
}

/** Follows the topic from its beginning: the monitor has no other memory of what it closed. */
export async function openWindowLog(
  log: EventLog,
  codec: EventCodec,
  onFailure: (error: unknown) => void,
): Promise<Running<WindowLog>> {
  const history = new WindowHistory();
  const following = await log.follow({
    topic,
    onFailure,
    async onRecord({ value }) {
      const decoded = await codec.decodeIfEvent(value);
      if (decoded?.name === 'DriftWindowClosed') history.apply(decoded.event);
    },
  });
  return {
    value: {
      history,
      caughtUp: () => following.value.caughtUp(),
      async append(events) {
        const records = await Promise.all(
          events.map(async (event) => ({
            topic,
            key: keys.encode({ monitor: event.monitor }),
            value: await codec.encode(topic, 'DriftWindowClosed', event),
          })),
        );
        await log.append(records);
        await following.value.caughtUp();
      },
    },
    stop: () => following.stop(),
  };
}
