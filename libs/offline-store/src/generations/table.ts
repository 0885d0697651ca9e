import { type Deployment, engine, onCluster } from '../clickhouse/table.ts';

/** The statement that makes the table of generations. */
export function generationsTable(deployment: Deployment): string {
  return `CREATE TABLE IF NOT EXISTS generations${onCluster(deployment)} (
    topic String COMMENT 'Topic.',
    number UInt32 COMMENT 'Which build of the topic; a topic that is not here has generation 1, live.',
    mark LowCardinality(String) COMMENT 'building, live, retired (given up) or dropped. Marks count in the order of their blocks; one that does not follow from those before it counts for nothing.',
    rebuild String COMMENT 'The rebuild that it belongs to; all its generations go live together.',
    until Nullable(String) COMMENT 'As JSON, for each partition the last offset that it has to hold before it goes live; null: what the log has.',
    since DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'When the mark was made.'
  ) ENGINE = ${engine('MergeTree', deployment)}
  ORDER BY (topic, number)
  SETTINGS enable_block_number_column = 1
  COMMENT 'Builds of topics: rows are only ever added. Of the generations of a topic that went live, the one with the greatest number is read.'`;
}
