import type { Engine, EngineConnection } from '../engine/engine.ts';
import type { Answer } from './answer.ts';

/** What a job runs with; `signal` is aborted when the client leaves. */
export type JobContext = {
  readonly engine: Engine;
  readonly connection: EngineConnection;
  readonly answer: Answer;
  readonly defaultFormat: string | undefined;
  readonly waitForEnd: boolean;
  readonly signal: AbortSignal;
};

/**
 * A statement that is ready to run.
 *
 * `run` gives the function that sends the last bytes of the answer. It is called when the session is free again:
 * a client may send its next request as soon as it has read the answer.
 */
export type Job = {
  /** Its text, as far as it is not data. */
  readonly text: string;
  run(context: JobContext): Promise<() => Promise<void>>;
  /** Removes what preparing it has left on disk. */
  dispose(): Promise<void>;
};
