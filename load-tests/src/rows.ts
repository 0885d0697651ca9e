/** Entities in the history. */
export const ENTITIES = 20_000;
/** Rows of each entity in each view of the history. */
export const ROWS_PER_ENTITY = 10;
/** Rows of each view. */
export const HISTORY_ROWS = ENTITIES * ROWS_PER_ENTITY;

const START = Date.UTC(2025, 0, 1);
const HOUR = 3_600_000;

/** A row of ten features as JSON text; the same number gives the same row. */
export function rowText(entity: number, time: string, seed: number): string {
  const doubles = [0, 1, 2, 3, 4, 5].map((i) => `"f${i}":${((seed * (i + 3)) % 10_007) / 7}`).join(',');
  return `{"user_id":${entity},"eventTime":"${time}",${doubles},"f6":${seed % 1_000},"f7":${seed % 7},"f8":${seed},"f9":${seed % 2 === 0}}`;
}

/** The time of one of an entity's rows: an hour apart, each entity at its own second. */
export function rowTime(entity: number, index: number): string {
  return new Date(START + index * HOUR + (entity % 3_600) * 1_000).toISOString();
}

/** Bodies of a write request that together hold the whole history of a view. */
export function* historyBodies(viewIndex: number, batch: number): Generator<string> {
  let rows: string[] = [];
  for (let index = 0; index < ROWS_PER_ENTITY; index++) {
    for (let entity = 0; entity < ENTITIES; entity++) {
      rows.push(rowText(entity, rowTime(entity, index), entity * 31 + index * 7 + viewIndex));
      if (rows.length === batch) {
        yield bodyOf(rows);
        rows = [];
      }
    }
  }
  if (rows.length > 0) yield bodyOf(rows);
}

/** The body of one write request. */
export function bodyOf(rows: readonly string[]): string {
  return `{"rows":[${rows.join(',')}]}`;
}
