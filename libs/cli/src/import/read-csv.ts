import { createReadStream } from 'node:fs';
import { MillraceError } from '@millrace/kernel';

/** A row of a file: the value of each column; empty text in CSV is null. */
export type FileRow = Readonly<Record<string, unknown>>;

/**
 * Reads a CSV file (RFC 4180: quoted fields may hold commas, quotes and line breaks; the first line names the
 * columns), one row after the other, however large it is.
 *
 * @throws MillraceError REQUEST_INVALID naming the line.
 */
export async function* readCsv(file: string): AsyncGenerator<FileRow> {
  let header: readonly string[] | undefined;
  let number = 0;
  for await (const fields of records(file)) {
    number += 1;
    if (header === undefined) {
      header = fields.map((field) => field.text.trim());
      continue;
    }
    if (fields.length === 1 && fields[0]?.text === '' && header.length > 1) continue;
    if (fields.length !== header.length) {
      throw new MillraceError(
        'REQUEST_INVALID',
        `record ${number} of ${file} has ${fields.length} fields, not ${header.length}`,
      );
    }
    yield Object.fromEntries(
      header.map((column, index) => {
        const field = fields[index];
        return [column, field === undefined || (field.text === '' && !field.quoted) ? null : field.text];
      }),
    );
  }
}

interface Field {
  readonly text: string;
  /** An empty text in quotes is text; without quotes it is null. */
  readonly quoted: boolean;
}

async function* records(file: string): AsyncGenerator<readonly Field[]> {
  let fields: Field[] = [];
  let text = '';
  let quoted = false;
  let state: 'plain' | 'inside' | 'after-quote' = 'plain';
  let first = true;
  const endField = () => {
    fields.push({ text, quoted });
    text = '';
    quoted = false;
    state = 'plain';
  };
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    let piece = String(chunk);
    if (first) piece = piece.replace(/^\uFEFF/, '');
    first = false;
    for (const character of piece) {
      if (state === 'inside') {
        if (character === '"') state = 'after-quote';
        else text += character;
      } else if (character === '"' && state === 'after-quote') {
        text += '"';
        state = 'inside';
      } else if (character === '"' && text === '') {
        quoted = true;
        state = 'inside';
      } else if (character === ',') endField();
      else if (character === '\n') {
        endField();
        yield fields;
        fields = [];
      } else if (character !== '\r') text += character;
    }
  }
  if (text !== '' || quoted || fields.length > 0) {
    endField();
    yield fields;
  }
}
