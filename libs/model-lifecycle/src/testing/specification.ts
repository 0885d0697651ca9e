import { expect } from 'vitest';
import type { Decider } from '../decider.ts';

interface When<Command, Event> {
  when(command: Command): Then<Event>;
}

interface Then<Event> {
  /** The events, in order; the same command decided again after them must lead to nothing. */
  expectEvents(events: readonly Event[], options?: { readonly repeatable?: boolean }): void;
  expectNothing(): void;
  expectRefusal(code: string, message?: RegExp): void;
}

/**
 * Given events, when a command, then events or a refusal. Every accepted command is handled twice: the second
 * time must change nothing, because commands are sent again when an answer was lost.
 */
export function specify<State, Command, Event>(decider: Decider<State, Command, Event>) {
  const fold = (events: readonly Event[]) => events.reduce(decider.evolve, decider.initialState);
  return {
    given: (...history: readonly Event[]): When<Command, Event> => ({
      when(command) {
        const state = fold(history);
        const decision = decider.decide(command, state);
        return {
          expectEvents(events, { repeatable = true } = {}) {
            expect(decision).toEqual({ ok: true, value: events });
            const after = fold([...history, ...events]);
            if (repeatable) expect(decider.decide(command, after)).toEqual({ ok: true, value: [] });
            expect(fold([...history, ...events, ...events])).toEqual(after);
          },
          expectNothing: () => expect(decision).toEqual({ ok: true, value: [] }),
          expectRefusal(code, message = /./) {
            expect(decision).toMatchObject({
              ok: false,
              error: { code, message: expect.stringMatching(message) },
            });
          },
        };
      },
    }),
  };
}
