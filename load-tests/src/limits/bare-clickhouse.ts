import type { Bench } from '../bench.ts';
import { featureNames, views } from '../definitions.ts';
import { percentiles } from '../measure.ts';
import { ENTITIES, HISTORY_ROWS, ROWS_PER_ENTITY } from '../rows.ts';

/**
 * The median seconds that ClickHouse alone takes to join as many labels with five plain tables of the same size,
 * one ASOF JOIN on a time each, and to send the result as Arrow: no knowledge, no duplicates, no deletions, no TTL.
 */
export async function plainJoinSeconds({ clickhouse }: Bench, labels: number, runs: number): Promise<number> {
  const command = (query: string) => clickhouse.command({ query });
  const span = ROWS_PER_ENTITY * 3_600_000_000;
  await command('DROP TABLE IF EXISTS limit_spine');
  await command(
    `CREATE TABLE limit_spine ENGINE = MergeTree ORDER BY row AS SELECT number AS row, toInt64(number * 7919 % ${ENTITIES}) AS user_id,
     toInt64(number * 104729000 % ${span}) AS t FROM numbers(${labels})`,
  );
  for (const [index] of views.entries()) {
    const columns = featureNames.map((name, i) => `rand(${i}) / 7 AS ${name}`).join(', ');
    await command(`DROP TABLE IF EXISTS limit_view_${index}`);
    await command(
      `CREATE TABLE limit_view_${index} ENGINE = MergeTree ORDER BY (user_id, t) AS SELECT toInt64(number % ${ENTITIES}) AS user_id,
       toInt64(intDiv(number, ${ENTITIES}) * 3600000000 + number % 3600 * 1000000) AS t, ${columns} FROM numbers(${HISTORY_ROWS})`,
    );
  }
  const joins = views.map(
    (_, i) => `ASOF LEFT JOIN limit_view_${i} AS v${i} ON s.user_id = v${i}.user_id AND s.t >= v${i}.t`,
  );
  const columns = views.flatMap((_, i) => featureNames.map((name) => `v${i}.${name} AS v${i}_${name}`));
  const query = `SELECT s.row, s.user_id, s.t, ${columns.join(', ')} FROM limit_spine AS s ${joins.join(' ')} ORDER BY s.row
    FORMAT ArrowStream SETTINGS join_use_nulls = 1, output_format_arrow_compression_method = 'none'`;
  const seconds: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const started = performance.now();
    const { stream } = await clickhouse.exec({ query });
    for await (const _chunk of stream);
    if (run > 0) seconds.push((performance.now() - started) / 1_000);
  }
  return percentiles(seconds).p50;
}

/** How many rows of ten features a second ClickHouse alone takes as JSONCompactEachRow in inserts of 100 k rows. */
export async function insertRate({ clickhouse }: Bench, rows: number): Promise<number> {
  const columns = featureNames.map((name) => `${name} Nullable(Float64)`).join(', ');
  await clickhouse.command({ query: 'DROP TABLE IF EXISTS limit_insert' });
  await clickhouse.command({
    query: `CREATE TABLE limit_insert (user_id Int64, t Int64, ${columns}) ENGINE = MergeTree ORDER BY (user_id, t)`,
  });
  const values = Array.from({ length: 100_000 }, (_, i) => [
    i % ENTITIES,
    i,
    ...featureNames.map((_name, f) => (i * (f + 3)) / 7),
  ]);
  const started = performance.now();
  for (let inserted = 0; inserted < rows; inserted += values.length) {
    await clickhouse.insert({ table: 'limit_insert', values, format: 'JSONCompactEachRow' });
  }
  const seconds = (performance.now() - started) / 1_000;
  await clickhouse.command({ query: 'DROP TABLE limit_insert' });
  return rows / seconds;
}
