/** Takes exact numbers of bytes from a stream; throws when it ends before them. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #buffered: Buffer[] = [];
  #length = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** With `mayEnd`, undefined when the stream ends before the first of the bytes. */
  take(size: number): Promise<Buffer>;
  take(size: number, mayEnd: true): Promise<Buffer | undefined>;
  async take(size: number, mayEnd = false): Promise<Buffer | undefined> {
    while (this.#length < size) {
      const next = await this.#source.next();
      if (next.done && mayEnd && this.#length === 0) return undefined;
      if (next.done) throw new Error('the compressed stream is cut off');
      this.#buffered.push(next.value);
      this.#length += next.value.length;
    }
    const all = Buffer.concat(this.#buffered, this.#length);
    this.#buffered = [all.subarray(size)];
    this.#length -= size;
    return all.subarray(0, size);
  }
}
