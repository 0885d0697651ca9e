/**
 * The table that holds what one generation has of a table of raw rows. The stable name itself is a plain view of
 * the live one, and ClickHouse passes FINAL over in silence on a view: what needs FINAL asks this table.
 *
 * @param stable such as `features_departures_raw` or `predictions_raw`.
 */
export function physicalTable(stable: string, generation: number): string {
  return `${stable}_g${generation}`;
}
