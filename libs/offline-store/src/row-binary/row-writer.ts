/** Rows in ClickHouse's RowBinary format, in one buffer that grows. Numbers are little-endian. */
export class RowWriter {
  #bytes: Buffer;
  /** Bytes to begin with once a row is written. */
  #capacity: number;
  #at = 0;
  #rows = 0;

  /** @param capacity bytes to begin with. */
  constructor(capacity = 64 * 1024) {
    this.#capacity = capacity;
    this.#bytes = Buffer.alloc(0);
  }

  /** Complete rows. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#at;
  }

  /** Counts the row that was written as complete. */
  endRow(): void {
    this.#rows += 1;
  }

  /** Takes back what was written after a place: the row turned out not to be one. */
  truncate(at: number): void {
    this.#at = at;
  }

  /** Begins anew, with another buffer of its own size: what was handed out stays as it is. */
  take(): { readonly rows: number; readonly body: readonly Buffer[] } {
    const taken = { rows: this.#rows, body: [this.toBuffer()] };
    this.#capacity = this.#bytes.length;
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#rows = 0;
    return taken;
  }

  /** What was written: a view, valid until the writer is used again. */
  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Leaves room for bytes that are filled in later, and returns where they begin. */
  reserve(size: number): number {
    const at = this.#room(size);
    this.#at += size;
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
    this.#at += 1;
  }

  u16At(at: number, value: number): void {
    this.#bytes.writeUInt16LE(value, at);
  }

  i32At(at: number, value: number): void {
    this.#bytes.writeInt32LE(value, at);
  }

  u8At(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  u64At(at: number, value: bigint): void {
    this.#bytes.writeBigUInt64LE(value, at);
  }

  i64At(at: number, value: bigint): void {
    this.#bytes.writeBigInt64LE(value, at);
  }

  /** Reads back what was written. */
  i64Of(at: number): bigint {
    return this.#bytes.readBigInt64LE(at);
  }

  u16(value: number): void {
    this.u16At(this.reserve(2), value);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  i32(value: number): void {
    this.i32At(this.reserve(4), value);
  }

  u64(value: bigint): void {
    this.u64At(this.reserve(8), value);
  }

  i64(value: bigint): void {
    this.i64At(this.reserve(8), value);
  }

  f32(value: number): void {
    const at = this.reserve(4);
    this.#bytes.writeFloatLE(value, at);
  }

  f64(value: number): void {
    const at = this.reserve(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /** A length, as unsigned LEB128. */
  varUint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.varUint(size);
    const at = this.reserve(size);
    this.#bytes.write(value, at, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.varUint(value.length);
    this.raw(value, 0, value.length);
  }

  /** Bytes as they are, with no length before them. */
  raw(source: Uint8Array, from: number, until: number): void {
    const at = this.reserve(until - from);
    if (until - from > 24) {
      this.#bytes.set(source.subarray(from, until), at);
    } else {
      for (let i = from; i < until; i += 1) this.#bytes[at + i - from] = source[i] ?? 0;
    }
  }

  #room(size: number): number {
    const needed = this.#at + size;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, this.#capacity));
      this.#bytes.copy(grown, 0, 0, this.#at);
      this.#bytes = grown;
    }
    return this.#at;
  }
}
