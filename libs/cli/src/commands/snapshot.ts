import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { type Command, Option } from 'commander';
import type { Snapshot, SnapshotFormat } from '@millrace/client';
import { MillraceError } from '@millrace/kernel';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { type Context, contextOf } from '../globals.ts';
import { getJson } from '../io/http.ts';
import type { Terminal } from '../io/terminal.ts';
import type { Finish } from '../program.ts';
import { instant } from './windows.ts';

const formats = ['arrow', 'parquet', 'csv', 'ndjson'] as const;
const format = z.enum(formats);
const optionsSchema = z.object({
  service: z.string().optional(),
  features: z.array(z.string()).optional(),
  labelsOf: z.string().optional(),
  label: z.string().optional(),
  from: z.string().optional(),
  until: z.string().optional(),
  spine: z.string().optional(),
  timeColumn: z.string(),
  knownAt: z.string().optional(),
  strict: z.boolean().default(false),
  out: z.string().optional(),
  format: format.optional(),
});
type Options = z.infer<typeof optionsSchema>;

/** `millrace snapshot …`. */
export function addSnapshot(program: Command, terminal: Terminal, finish: Finish): void {
  const snapshot = program
    .command('snapshot')
    .summary('point-in-time training snapshots: create, get, verify');

  snapshot
    .command('create')
    .summary('pin a snapshot, and download it with --out')
    .option('--service <name>', 'the feature service')
    .option('--features <names...>', 'or features, each view__feature')
    .option('--labels-of <model>', 'one row for each prediction of this model that has the label')
    .option('--label <name>', 'the label, with --labels-of')
    .option('--from <time>', 'first prediction time, with --labels-of', instant)
    .option('--until <time>', 'first prediction time after it, with --labels-of', instant)
    .option(
      '--spine <file>',
      'or the rows of a file: entity keys and a time (.arrow, .parquet, .csv, .ndjson)',
    )
    .option('--time-column <column>', 'the time of each row, with --spine', 'event_time')
    .option('--known-at <time>', 'use only what the log knew by then', instant)
    .option('--strict', 'a value at the very time of the label is too late')
    .option('-o, --out <file>', 'download it to this file')
    .addOption(
      new Option('--format <format>', 'by default what the name of --out ends with, else arrow').choices(
        formats,
      ),
    )
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const options = optionsSchema.parse(command.opts());
      const created = await create(options, context);
      if (options.out !== undefined) await download(created.id, options.out, options.format, context);
      context.answer({ ...created, ...(options.out === undefined ? {} : { file: options.out }) }, () =>
        snapshotText(created, options.out),
      );
    });

  snapshot
    .command('get')
    .summary('show a snapshot, and download it with --out')
    .argument('<id>', 'the snapshot')
    .option('-o, --out <file>', 'download it to this file')
    .addOption(
      new Option('--format <format>', 'by default what the name of --out ends with, else arrow').choices(
        formats,
      ),
    )
    .action(async (id: string, _: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const { out, format: wanted } = z
        .object({ out: z.string().optional(), format: format.optional() })
        .parse(command.opts());
      const found = await context.millrace.snapshots.get(id);
      if (out !== undefined) await download(id, out, wanted, context);
      context.answer({ ...found, ...(out === undefined ? {} : { file: out }) }, () =>
        snapshotText(found, out),
      );
    });

  snapshot
    .command('verify')
    .summary('derive a snapshot again and compare it with its manifest')
    .argument('<id>', 'the snapshot')
    .action(async (id: string, _: unknown, command: Command) => {
      const context = contextOf(command, terminal);
      const url = `${context.globals.featureServerUrl}/v1/snapshots/${encodeURIComponent(id)}/verify`;
      const result = await getJson(
        url,
        z.looseObject({ ok: z.boolean(), differences: z.array(z.string()) }),
        { method: 'POST' },
      );
      context.answer(result, () =>
        result.ok
          ? `${id} is what its manifest says.`
          : [`${id} is NOT what its manifest says:`, ...result.differences].join('\n  '),
      );
      finish(result.ok ? exitCodes.ok : exitCodes.refused);
    });
}

async function create(options: Options, { millrace }: Context): Promise<Snapshot> {
  const { knownAt, strict } = options;
  const common = { ...wantedOf(options), strict, ...(knownAt === undefined ? {} : { knownAt }) };
  if (options.spine !== undefined) {
    const spine = webStream(Readable.toWeb(createReadStream(options.spine)));
    return millrace.snapshots.create({
      ...common,
      spine,
      format: formatOf(options.spine, undefined),
      timeColumn: options.timeColumn,
    });
  }
  const { labelsOf: model, label: name, from, until } = options;
  if (model === undefined || name === undefined || from === undefined || until === undefined) {
    throw new MillraceError(
      'CONFIG_INVALID',
      'give --spine, or all of --labels-of, --label, --from and --until',
    );
  }
  return millrace.snapshots.create({ ...common, labels: { model, name, from, until } });
}

function wantedOf({ service, features }: Options) {
  if (service !== undefined && features === undefined) return { service };
  if (features !== undefined && service === undefined) return { features };
  throw new MillraceError('CONFIG_INVALID', 'give either --service or --features');
}

/** Downloads beside the file and renames at the end: a file that is there is whole. */
async function download(
  id: string,
  file: string,
  wanted: SnapshotFormat | undefined,
  { millrace }: Context,
): Promise<void> {
  const body = await millrace.snapshots.data(id, formatOf(file, wanted));
  const part = `${file}.part`;
  await pipeline(nodeStream(body), createWriteStream(part));
  await rename(part, file);
}

function formatOf(file: string, wanted: SnapshotFormat | undefined): SnapshotFormat {
  if (wanted !== undefined) return wanted;
  return format.safeParse(extname(file).slice(1)).data ?? 'arrow';
}

async function* nodeStream(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

function webStream(stream: NodeReadableStream): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(z.instanceof(Uint8Array).parse(value));
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function snapshotText({ id, manifest }: Snapshot, file: string | undefined): string {
  const facts = Object.entries(manifest).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? [] : [`  ${name.padEnd(18)}${String(value)}`],
  );
  return [`snapshot ${id}`, ...facts, ...(file === undefined ? [] : [`written to ${file}`])].join('\n');
}
