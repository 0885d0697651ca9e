/** A command as a Redis client sends it: an array of strings, each with its length. */
export interface RespCommand {
  readonly bytes: Buffer;
  /** The first arguments, each cut to a length that holds any name. */
  readonly head: readonly string[];
}

const HEAD_ARGUMENTS = 6;
const LONGEST_NAME = 512;
const CR = 0x0d;

/** Takes a stream of bytes apart into whole commands. */
export class RespCommands {
  #held: Buffer = Buffer.alloc(0);

  /** The commands that are whole with these bytes. */
  push(bytes: Buffer): RespCommand[] {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const commands: RespCommand[] = [];
    for (;;) {
      const command = firstOf(rest);
      if (command === undefined) break;
      commands.push(command);
      rest = rest.subarray(command.bytes.length);
    }
    this.#held = rest;
    return commands;
  }
}

function firstOf(bytes: Buffer): RespCommand | undefined {
  const count = numberAt(bytes, 1);
  if (count === undefined) return undefined;
  const head: string[] = [];
  let at = count.end;
  for (let index = 0; index < count.value; index++) {
    const length = numberAt(bytes, at + 1);
    if (length === undefined || length.end + length.value + 2 > bytes.length) return undefined;
    if (index < HEAD_ARGUMENTS) {
      head.push(bytes.toString('latin1', length.end, length.end + Math.min(length.value, LONGEST_NAME)));
    }
    at = length.end + length.value + 2;
  }
  return { bytes: bytes.subarray(0, at), head };
}

/** A decimal number that ends with CR LF, and the place behind them. */
function numberAt(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = from; at + 1 < bytes.length; at++) {
    const byte = bytes[at] ?? CR;
    if (byte === CR) return { value, end: at + 2 };
    value = value * 10 + byte - 0x30;
  }
  return undefined;
}
