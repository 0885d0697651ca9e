import type { EventCodec, EventLog } from '@millrace/event-log';
import { KeyCodec, type RetrainingRequested, topics } from '@millrace/events';
import { MillraceError, type Running } from '@millrace/kernel';
import { type RequestRetraining, retrainingDecider, type RetrainingState } from '@millrace/model-lifecycle';

const topic = topics.retraining.name;
const keys = new KeyCodec({ model: 'string' });
const ATTEMPTS = 5;

/** The `retraining` topic: the requests of each model, and how to make one. */
export interface RetrainingLog {
  /** The requests that count, in the order of the log. */
  requests(): readonly RetrainingRequested[];
  /**
   * Decides on the log as it is, appends, and reads the event back.
   *
   * @returns the request when this call made it, else undefined: refused, or made already.
   * @throws MillraceError CONFLICT when others kept deciding first.
   */
  request(command: RequestRetraining): Promise<RetrainingRequested | undefined>;
}

/** Follows the topic from its beginning. */
export async function openRetrainingLog(
  log: EventLog,
  codec: EventCodec,
  onFailure: (error: unknown) => void,
): Promise<Running<RetrainingLog>> {
  const states = new Map<string, RetrainingState>();
  const requests: RetrainingRequested[] = [];
  const stateOf = (model: string) => states.get(model) ?? retrainingDecider.initialState;
  const following = await log.follow({
    topic,
    onFailure,
    async onRecord({ value }) {
      const decoded = await codec.decodeIfEvent(value);
      if (decoded?.name !== 'RetrainingRequested') return;
      const { event } = decoded;
      const before = stateOf(event.model);
      const after = retrainingDecider.evolve(before, event);
      states.set(event.model, after);
      if (after !== before) requests.push(event);
    },
  });
  await following.value.caughtUp();

  async function request(command: RequestRetraining): Promise<RetrainingRequested | undefined> {
    const { model } = command.policy;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decision = retrainingDecider.decide(command, stateOf(model));
      const [event] = decision.ok ? decision.value : [];
      if (event === undefined) return undefined;
      const value = await codec.encode(topic, 'RetrainingRequested', event);
      await log.append([{ topic, key: keys.encode({ model }), value }]);
      await following.value.caughtUp();
      if (stateOf(model).requests.has(event.requestId)) return event;
    }
    throw new MillraceError('CONFLICT', `others kept writing retraining requests for ${model} first`);
  }

  return { value: { requests: () => requests, request }, stop: () => following.stop() };
}
