import type { Result } from '@millrace/kernel';

/** Why a command was not carried out, for the caller. */
export interface Refusal<Code extends string = string> {
  readonly code: Code;
  /** A whole sentence. */
  readonly message: string;
}

/**
 * The rules of one aggregate, pure. `decide` turns a command into events or refuses it, `evolve` folds events
 * into the state that the next command is decided from. Time and ids come in with the command.
 */
export interface Decider<State, Command, Event, Code extends string = string> {
  readonly initialState: State;
  /** No events: what the command asks for is so already. */
  readonly decide: (command: Command, state: State) => Result<readonly Event[], Refusal<Code>>;
  /** Returns the very same state for an event that does not count. */
  readonly evolve: (state: State, event: Event) => State;
}
