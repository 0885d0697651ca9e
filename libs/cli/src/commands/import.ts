import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type LooseRow, mergePositions, type Positions, type RejectedRow } from '@millrace/client';
import { namedEventId } from '@millrace/events';
import { entitySchema, featureViewSchema } from '@millrace/feature-registry';
import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { type Context, contextOf } from '../globals.ts';
import { type FileRow, readCsv } from '../import/read-csv.ts';
import { readParquet } from '../import/read-parquet.ts';
import { type ColumnMapping, rowConverter } from '../import/to-row.ts';
import { getJson } from '../io/http.ts';
import { showProgress } from '../io/progress.ts';
import { grouped } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';
import type { Finish } from '../program.ts';

const optionsSchema = z.object({
  view: z.string(),
  eventTime: z.string(),
  eventId: z.string().optional(),
  map: z.array(z.tuple([z.string(), z.string()])).default([]),
  batch: z.number(),
});

const BATCHES_UNDER_WAY = 4;
const REFUSED_SHOWN = 20;

/** `millrace import <file>`. */
export function addImport(program: Command, terminal: Terminal, finish: Finish): void {
  program
    .command('import')
    .summary('write history from a Parquet or CSV file into a feature view')
    .description(
      'Writes the rows of a Parquet or CSV file into a feature view through the gateway. Columns go by name; a feature that the file does not have is null. Importing a file again changes nothing: its rows keep their event ids.',
    )
    .argument('<file>', 'a .parquet or .csv file')
    .requiredOption('--view <name>', 'the feature view')
    .option(
      '--event-time <column>',
      'the column with the event time (ISO 8601 with zone, or a timestamp)',
      'event_time',
    )
    .option('--event-id <column>', 'the column with event ids, where the file has them')
    .option(
      '--map <name=column>',
      "the file's column of a key column or feature; may be given several times",
      mapping,
      [],
    )
    .option('--batch <rows>', 'rows in one request', wholeNumber, 1000)
    .action(async (file: string, _: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const options = optionsSchema.parse(command.opts());
      const { view, entity } = await definitionsOf(options.view, context);
      const { rows, count } = await open(file);
      const mapped: ColumnMapping = {
        eventTime: options.eventTime,
        columns: new Map(options.map),
        ...(options.eventId === undefined ? {} : { eventId: options.eventId }),
      };
      const name = `import:${view.name}:${await hashOf(file)}`;
      const progress = showProgress(`importing ${file}`, count, terminal);
      const sums = { accepted: 0, rejected: [] as RejectedRow[], refused: 0 };
      const positions: Positions[] = [];
      const writer = context.millrace.features(view.name);
      let convert: ReturnType<typeof rowConverter> | undefined;
      await eachBatch(rows, options.batch, async (batch, from) => {
        convert ??= rowConverter(view, entity, mapped, Object.keys(batch[0] ?? {}));
        const named = batch.map((row, index) => ({
          eventId: namedEventId(name, String(from + index)),
          ...convert?.(row),
        }));
        const wanted = z.array(looseRow).parse(named);
        const written = await writer.write(wanted, { idempotencyKey: `${name}:${from}`, partial: true });
        sums.accepted += written.accepted;
        sums.refused += new Set(written.rejected.map(({ index }) => index)).size;
        for (const row of written.rejected) {
          if (sums.rejected.length < REFUSED_SHOWN) sums.rejected.push({ ...row, index: row.index + from });
        }
        positions.push(written.positions);
        progress.add(batch.length);
      });
      progress.done();
      context.answer({ ...sums, positions: mergePositions(positions) }, () =>
        [
          `${grouped(sums.accepted)} rows were written to ${view.name}${sums.refused === 0 ? '.' : `, ${grouped(sums.refused)} were refused:`}`,
          ...sums.rejected.map(({ index, path, message }) => `  row ${index + 1}: ${path}: ${message}`),
        ].join('\n'),
      );
      finish(sums.refused === 0 ? exitCodes.ok : exitCodes.refused);
    });
}

const looseRow = z.custom<LooseRow>((row) => typeof row === 'object' && row !== null && 'eventTime' in row);

async function definitionsOf(name: string, { globals }: Context) {
  const url = `${globals.registryUrl}/v1/definitions`;
  const view = await getJson(
    `${url}/feature-view/${encodeURIComponent(name)}`,
    z.looseObject({ definition: featureViewSchema }),
  );
  const { entity } = view.definition;
  const found = await getJson(
    `${url}/entity/${encodeURIComponent(entity)}`,
    z.looseObject({ definition: entitySchema }),
  );
  return { view: view.definition, entity: found.definition };
}

async function open(
  file: string,
): Promise<{ readonly rows: AsyncGenerator<FileRow>; readonly count: number | undefined }> {
  try {
    if (extname(file) === '.parquet') return await readParquet(file);
    if (extname(file) === '.csv') return { rows: readCsv(file), count: undefined };
  } catch (cause) {
    throw new MillraceError('REQUEST_INVALID', `${file} cannot be read: ${describeError(cause)}`, { cause });
  }
  throw new MillraceError('REQUEST_INVALID', `${file} is neither .parquet nor .csv`);
}

/** Rows in batches, a few requests at a time; the first failure ends it. */
async function eachBatch(
  rows: AsyncGenerator<FileRow>,
  size: number,
  write: (batch: readonly FileRow[], from: number) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let batch: FileRow[] = [];
  let from = 0;
  const send = async () => {
    const sent = batch;
    const sentFrom = from;
    from += sent.length;
    batch = [];
    const task = write(sent, sentFrom).finally(() => underWay.delete(task));
    underWay.add(task);
    if (underWay.size >= BATCHES_UNDER_WAY) await Promise.race(underWay);
  };
  for await (const row of rows) {
    batch.push(row);
    if (batch.length >= size) await send();
  }
  if (batch.length > 0) await send();
  await Promise.all(underWay);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex').slice(0, 32);
}

function mapping(
  text: string,
  before: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('It must be name=column.');
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

/** An option that is a whole number above 0. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
