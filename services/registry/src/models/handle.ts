import type { EventCodec, EventLog, RecordToAppend } from '@millrace/event-log';
import { topics } from '@millrace/events';
import { MillraceError } from '@millrace/kernel';
import { type ModelCommand, modelDecider, type ModelEvent } from '@millrace/model-lifecycle';
import type { FollowedModel, FollowedModels } from './followed.ts';

/** What carrying out a command needs. */
export interface ModelsDependencies {
  readonly log: EventLog;
  readonly codec: EventCodec;
  readonly models: FollowedModels;
  readonly attempts: number;
}

/** A model after a command. */
export interface HandledCommand extends FollowedModel {
  /** Whether anything had to be done for it. */
  readonly changed: boolean;
}

/**
 * Carries out a command on a model. Answers only after its own event was read back and counted; when another
 * writer took the stream version first, it decides again from what is then so.
 *
 * @throws MillraceError with the code of the refusal, CONFLICT when others were first every time,
 *   LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE.
 */
export async function handleModelCommand(
  command: ModelCommand,
  { log, codec, models, attempts }: ModelsDependencies,
): Promise<HandledCommand> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    await models.caughtUp();
    const decision = modelDecider.decide(command, models.model(command.model).state);
    if (!decision.ok) throw new MillraceError(decision.error.code, decision.error.message);
    if (decision.value.length === 0) return { ...models.model(command.model), changed: false };
    const records = await Promise.all(decision.value.map((event) => recordOf(event, codec)));
    const [last] = (await log.append(records)).slice(-1);
    await models.caughtUp(last);
    const model = models.model(command.model);
    const counted = model.history.some(
      ({ happened }) => happened.event.envelope.eventId === command.envelope.eventId,
    );
    if (counted) return { ...model, changed: true };
  }
  throw new MillraceError('CONFLICT', `others changed ${command.model} first, ${attempts} times; try again`);
}

async function recordOf(happened: ModelEvent, codec: EventCodec): Promise<RecordToAppend> {
  const topic = topics.models.name;
  return { topic, key: Buffer.from(happened.event.model), value: await encode(happened, codec) };
}

function encode(happened: ModelEvent, codec: EventCodec): Promise<Buffer> {
  const topic = topics.models.name;
  switch (happened.name) {
    case 'ModelVersionRegistered':
      return codec.encode(topic, happened.name, happened.event);
    case 'ModelReleased':
      return codec.encode(topic, happened.name, happened.event);
    case 'ModelRolledBack':
      return codec.encode(topic, happened.name, happened.event);
    default:
      return happened satisfies never;
  }
}
