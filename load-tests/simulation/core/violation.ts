/** A promise that was broken. */
export class Violation extends Error {
  /** Names the promise, so that a shorter history can be held to the same one. */
  readonly promise: string;

  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`);
    this.promise = promise;
  }
}

/** Throws when a promise is broken. */
export function promised(promise: string, holds: boolean, what: () => string): void {
  if (!holds) throw new Violation(promise, what());
}
