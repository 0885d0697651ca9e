import type { ComponentContext } from './component.ts';

/** What the servers of a stack need from their surroundings. */
export interface StackContext extends ComponentContext {
  /** Whether Java's archives of loaded classes are used, or made when the server stops. */
  readonly archives: 'read' | 'write';
}
