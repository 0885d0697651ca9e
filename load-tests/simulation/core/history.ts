/** What happened in a run, a line for each step. */
export interface History {
  /** @param result asked for only when lines are kept: most runs need none. */
  note(time: number, actor: string, action: string, result?: () => string): void;
}

/** Keeps nothing. */
export const noHistory: History = { note: () => undefined };

/** Keeps every line. */
export class Lines implements History {
  readonly lines: string[] = [];

  note(time: number, actor: string, action: string, result?: () => string): void {
    const outcome = result === undefined ? '' : `  → ${result()}`;
    this.lines.push(`${(time / 1000).toFixed(3).padStart(10)} s  ${actor.padEnd(18)} ${action}${outcome}`);
  }
}
