/** A process of the simulation: it lives until it is killed, and then none of its code goes on. */
export interface Process {
  readonly name: string;
  alive: boolean;
}
