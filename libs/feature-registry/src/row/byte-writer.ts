/** In bytes of one letter each: a UUID is one. The length must fit one byte. */
const SHORT_STRING = 40;

/**
 * Writes Avro binary records one after the other into large shared buffers, and gives each out as a view, so that
 * a row costs no allocation of its own. A record that turns out wrong is taken back with {@link begin}.
 */
export class ByteWriter {
  readonly #slabBytes: number;
  #slab: Buffer;
  #view: DataView;
  #start = 0;
  #at = 0;

  /** @param slabBytes the size of a shared buffer; it lives as long as any record in it is referred to. */
  constructor(slabBytes = 256 * 1024) {
    this.#slabBytes = slabBytes;
    this.#slab = Buffer.allocUnsafeSlow(slabBytes);
    this.#view = viewOf(this.#slab);
  }

  /** Bytes of the current record so far. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Starts a record and forgets what was written since the last {@link end}. */
  begin(): void {
    this.#at = this.#start;
  }

  /** Ends the record; {@link part} still refers to it until the next {@link begin}. */
  end(): Buffer {
    const record = this.#slab.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return record;
  }

  /** Bytes `from` to `until` of the current record, as a view that outlives it. */
  part(from: number, until: number): Buffer {
    return this.#slab.subarray(this.#start + from, this.#start + until);
  }

  byte(value: number): void {
    if (this.#at === this.#slab.length) this.#grow(1);
    this.#slab[this.#at++] = value;
  }

  /** Four bytes, big-endian, as the wire format's schema id has them. */
  int32BigEndian(value: number): void {
    if (this.#at + 4 > this.#slab.length) this.#grow(4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** An Avro int or long whose value is a safe integer. */
  integer(value: number): void {
    if (this.#at + 10 > this.#slab.length) this.#grow(10);
    if (value >= -0x4000_0000 && value < 0x4000_0000) {
      this.#varint(((value << 1) ^ (value >> 31)) >>> 0);
      return;
    }
    // Zigzag by halves: doubling a value near 2^53 below zero and subtracting one would lose the last bit.
    const negative = value < 0;
    let rest = negative ? -value - 1 : value;
    const low = (rest % 64) * 2 + (negative ? 1 : 0);
    rest = Math.floor(rest / 64);
    this.#slab[this.#at++] = low | 0x80;
    while (rest >= 0x8000_0000) {
      this.#slab[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#varint(rest);
  }

  /** An Avro long of 64 bits. */
  long(value: bigint): void {
    const small = Number(value);
    if (Number.isSafeInteger(small)) {
      this.integer(small);
      return;
    }
    if (this.#at + 10 > this.#slab.length) this.#grow(10);
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (rest > 0x7fn) {
      this.#slab[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#slab[this.#at++] = Number(rest);
  }

  float(value: number): void {
    if (this.#at + 4 > this.#slab.length) this.#grow(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  double(value: number): void {
    if (this.#at + 8 > this.#slab.length) this.#grow(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** An Avro string. */
  string(text: string): void {
    const { length } = text;
    if (length <= SHORT_STRING && this.#ascii(text, length)) return;
    const bytes = Buffer.byteLength(text);
    this.integer(bytes);
    if (this.#at + bytes > this.#slab.length) this.#grow(bytes);
    this.#slab.write(text, this.#at, bytes, 'utf8');
    this.#at += bytes;
  }

  /** Bytes as they are, with no length before them. */
  raw(bytes: Uint8Array): void {
    if (this.#at + bytes.length > this.#slab.length) this.#grow(bytes.length);
    this.#slab.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A call into the engine's UTF-8 writer costs more than a loop for the few letters that most values have. */
  #ascii(text: string, length: number): boolean {
    if (this.#at + length + 1 > this.#slab.length) this.#grow(length + 1);
    const slab = this.#slab;
    let at = this.#at;
    slab[at++] = length << 1;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      slab[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#slab[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#slab[this.#at++] = rest;
  }

  /** Goes on in a new buffer, to which the record so far moves; the records before stay where they are. */
  #grow(bytes: number): void {
    const written = this.length;
    const slab = Buffer.allocUnsafeSlow(Math.max(this.#slabBytes, (written + bytes) * 2));
    slab.set(this.#slab.subarray(this.#start, this.#at));
    this.#slab = slab;
    this.#view = viewOf(slab);
    this.#start = 0;
    this.#at = written;
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
