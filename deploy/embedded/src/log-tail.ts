import { open } from 'node:fs/promises';

const TAIL_BYTES = 16_384;

/** The last lines of a log file, or a sentence that says that there are none. */
export async function tailOf(file: string, lines = 25): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return '(no log)';
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString('utf8').trimEnd();
    return text === '' ? '(the log is empty)' : text.split('\n').slice(-lines).join('\n');
  } finally {
    await handle.close();
  }
}
