/** Asks the offline store. */
export interface Queries {
  /**
   * The rows of a query, as objects by column; 64-bit integers are decimal strings.
   *
   * @throws MillraceError STORE_UNAVAILABLE
   */
  rows(sql: string): Promise<readonly unknown[]>;
  /**
   * The generation of each topic that is read.
   *
   * @throws MillraceError STORE_UNAVAILABLE
   */
  live(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
}
