const ZERO = 48;
const MINUS = 45;
const INITIAL_BYTES = 64 * 1024;

/** Text that is written often: its UTF-8 in words of four bytes, little-endian, the last one filled up. */
export interface Piece {
  readonly words: Uint32Array;
  /** In bytes. */
  readonly length: number;
}

/** Prepares a text to be written often. */
export function pieceOf(text: string): Piece {
  const bytes = Buffer.from(text);
  const filled = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  filled.set(bytes);
  const words = Uint32Array.from({ length: filled.length / 4 }, (_, index) => filled.readUInt32LE(index * 4));
  return { words, length: bytes.length };
}

/**
 * JSON text that is written as bytes, so that an answer is neither put together from thousands of strings nor
 * encoded in the end. One instance serves all answers: {@link take} copies the text out.
 */
export class JsonBytes {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Starts over; what an answer that failed has left is forgotten. */
  begin(): void {
    this.#at = 0;
  }

  /** A copy of all that was written. */
  take(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  /** Text that was prepared. By words of four bytes: the few of a name are copied before a call would begin. */
  piece({ words, length }: Piece): void {
    if (this.#at + length + 3 > this.#bytes.length) this.#grow(length + 3);
    const view = this.#view;
    let at = this.#at;
    for (let index = 0; index < words.length; index++, at += 4) view.setUint32(at, words[index] ?? 0, true);
    this.#at += length;
  }

  byte(code: number): void {
    if (this.#at === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#at++] = code;
  }

  /** Text of ASCII only, such as numbers and times. */
  ascii(text: string): void {
    const { length } = text;
    if (this.#at + length > this.#bytes.length) this.#grow(length);
    this.#at += this.#bytes.write(text, this.#at, 'latin1');
  }

  /** Any text, as it is. */
  text(text: string): void {
    const most = text.length * 3;
    if (this.#at + most > this.#bytes.length) this.#grow(most);
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  /** A safe integer. */
  integer(value: number): void {
    if (value !== (value | 0)) {
      this.ascii(String(value));
      return;
    }
    if (this.#at + 11 > this.#bytes.length) this.#grow(11);
    const bytes = this.#bytes;
    let at = this.#at;
    let rest = value;
    if (rest < 0) {
      bytes[at++] = MINUS;
      rest = -rest;
    }
    const end = at + digitsOf(rest);
    this.#at = end;
    for (at = end - 1; rest >= 10; at--) {
      const tens = Math.floor(rest / 10);
      bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    bytes[at] = ZERO + rest;
  }

  /** A float or double as JavaScript writes it, but -0 with its sign and as text what JSON has no number for. */
  double(value: number): void {
    if (value === (value | 0) && (value !== 0 || 1 / value > 0)) this.integer(value);
    else if (Number.isFinite(value)) this.ascii(value === 0 ? '-0' : String(value));
    else this.ascii(`"${value}"`);
  }

  /** A string of JSON from UTF-8, which is copied as it is unless a letter needs an escape or is not ASCII. */
  utf8(from: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#at + length + 2 > this.#bytes.length) this.#grow(length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = 34;
    for (let index = start; index < end; index++) {
      const code = from[index] ?? 0;
      if (code < 0x20 || code > 0x7e || code === 34 || code === 92) {
        this.text(JSON.stringify(from.toString('utf8', start, end)));
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = 34;
    this.#at = at;
  }

  #grow(more: number): void {
    const bytes = Buffer.allocUnsafeSlow((this.#at + more) * 2);
    bytes.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let least = 10; value >= least; least *= 10) digits++;
  return digits;
}
