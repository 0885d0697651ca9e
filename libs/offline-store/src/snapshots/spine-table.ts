import type { ClickHouseClient } from '@clickhouse/client';
import { identifier } from '../clickhouse/sql.ts';
import { type Deployment, engine, onCluster } from '../clickhouse/table.ts';
import type { JoinView } from '../point-in-time/join-view.ts';
import { resultColumns, ROW_COLUMN, type SpineTable } from '../point-in-time/query.ts';
import { MillraceError } from '@millrace/kernel';
import type { ResolvedKnowledge } from './knowledge.ts';
import { checkSpine, keyColumns, spineColumns } from './spine-checks.ts';
import { LABEL_SPINE_TIME, type LabelSpine, stageLabels } from './spine-from-labels.ts';
import { type SpineFile, stageFile } from './stage-file.ts';

/** What a spine is made of. */
export interface MakeSpineOptions {
  readonly client: ClickHouseClient;
  readonly deployment: Deployment;
  /** The id of the snapshot. */
  readonly id: string;
  readonly spine: SpineFile | { readonly labels: LabelSpine };
  readonly views: readonly JoinView[];
  readonly knowledge: ResolvedKnowledge;
}

/** A spine as a table, with the types of its columns. */
export interface MadeSpine {
  readonly table: SpineTable;
  readonly columns: { readonly name: string; readonly type: string }[];
}

/**
 * Stores a spine as a table whose rows are numbered, after a look at every key and time.
 *
 * @throws MillraceError REQUEST_INVALID, KEY_INVALID, TIME_INVALID
 */
export async function makeSpine(options: MakeSpineOptions): Promise<MadeSpine> {
  const { client, id } = options;
  const name = `snapshot_${id.replaceAll('-', '_')}`;
  const staging = `${name}_staging`;
  try {
    return await fromStaging(options, staging, `${name}_spine`);
  } finally {
    await client.command({ query: `DROP TABLE IF EXISTS ${identifier(staging)}` });
  }
}

async function fromStaging(
  { client, deployment, spine, views, knowledge }: MakeSpineOptions,
  staging: string,
  table: string,
): Promise<MadeSpine> {
  const timeColumn = 'labels' in spine ? LABEL_SPINE_TIME : spine.timeColumn;
  const checked = new Set([...keyColumns(views).keys(), timeColumn]);
  const staged =
    'labels' in spine
      ? await stageLabels(client, staging, spine.labels, views, knowledge)
      : await stageFile(client, staging, spine, checked);
  const columns = spineColumns(staged, views, timeColumn);
  refuseNamesOfFeatures(columns, views);
  await checkSpine(client, staging, columns, timeColumn);
  const ddl = columns.map(({ name, type }) => `${identifier(name)} ${type}`);
  await client.command({
    query: `CREATE TABLE ${identifier(table)}${onCluster(deployment)} (${ROW_COLUMN} UInt64, ${ddl.join(', ')})
            ENGINE = ${engine('MergeTree', deployment)} ORDER BY ${ROW_COLUMN} COMMENT 'Spine of a training snapshot.'`,
  });
  const values = columns.map(({ name, expression }) => `${expression} AS ${identifier(`__${name}`)}`);
  await client.command({
    query: `INSERT INTO ${identifier(table)} SELECT rowNumberInAllBlocks(), ${values.join(', ')} FROM ${identifier(staging)}
            SETTINGS max_threads = 1, max_insert_threads = 1, async_insert = 0`,
  });
  return {
    table: { table, columns: columns.map(({ name }) => name), timeColumn },
    columns: columns.map(({ name, type }) => ({ name, type })),
  };
}

function refuseNamesOfFeatures(
  columns: readonly { readonly name: string }[],
  views: readonly JoinView[],
): void {
  const taken = new Set(resultColumns(views));
  const clash = columns.find(({ name }) => taken.has(name));
  if (clash !== undefined)
    throw new MillraceError(
      'REQUEST_INVALID',
      `column ${clash.name} of the spine has the name of a feature`,
      {
        details: { column: clash.name },
      },
    );
}
