import type { AppendedAt, EventCodec, LifecycleEvent, LogReader } from '@millrace/event-log';
import { topics } from '@millrace/events';
import { evolveModel, initialModelState, type ModelEvent, type ModelState } from '@millrace/model-lifecycle';
import type { Micros, Running } from '@millrace/kernel';

/** An event of a model that counted. */
export interface CountedModelEvent {
  readonly happened: ModelEvent;
  readonly recordedAt: Micros;
  readonly offset: bigint;
}

/** A model with its history. */
export interface FollowedModel {
  readonly state: ModelState;
  /** The events that counted, oldest first. */
  readonly history: readonly CountedModelEvent[];
}

/** The models, as far as this instance has read the log. */
export interface FollowedModels {
  names(): readonly string[];
  /** A model of which nothing is known is in its initial state. */
  model(name: string): FollowedModel;
  caughtUp(position?: AppendedAt): Promise<void>;
}

/** Follows the `models` topic. */
export async function followModels(
  log: LogReader,
  codec: EventCodec,
  onFailure: (error: unknown) => void,
): Promise<Running<FollowedModels>> {
  const models = new Map<string, { state: ModelState; readonly history: CountedModelEvent[] }>();
  const following = await log.follow({
    topic: topics.models.name,
    onFailure,
    async onRecord({ value, recordedAt, offset }) {
      const decoded = await codec.decodeIfEvent(value);
      const happened = decoded === undefined ? undefined : modelEventOf(decoded);
      if (happened === undefined) return;
      const name = happened.event.model;
      const model = models.get(name) ?? { state: initialModelState, history: [] };
      models.set(name, model);
      const state = evolveModel(model.state, happened);
      if (state === model.state) return;
      model.state = state;
      model.history.push({ happened, recordedAt, offset });
    },
  });
  return {
    value: {
      names: () => [...models.keys()].sort(),
      model: (name) => models.get(name) ?? { state: initialModelState, history: [] },
      caughtUp: (position) => following.value.caughtUp(position),
    },
    stop: () => following.stop(),
  };
}

function modelEventOf(decoded: LifecycleEvent): ModelEvent | undefined {
  const { name } = decoded;
  if (name === 'ModelVersionRegistered' || name === 'ModelReleased' || name === 'ModelRolledBack')
    return decoded;
  return undefined;
}
