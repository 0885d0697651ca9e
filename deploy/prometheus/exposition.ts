/** A series as a scraper knows it, `__name__` among its labels. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

/** A value at a time in seconds. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** Collects what is scraped, as series. */
export class Scrapes {
  readonly #wanted: RegExp;
  readonly #series = new Map<string, { readonly labels: Record<string, string>; readonly points: Point[] }>();

  /** @param wanted the names that are kept. @default all */
  constructor(wanted = /^/) {
    this.#wanted = wanted;
  }

  /** Adds what a `/metrics` answered at a time in seconds. */
  add(text: string, at: number): void {
    for (const line of text.split('\n')) {
      const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
      if (name === undefined || value === undefined || !this.#wanted.test(name)) continue;
      const key = `${name}{${labels}}`;
      const known = this.#series.get(key) ?? { labels: { __name__: name, ...labelsOf(labels) }, points: [] };
      known.points.push({ at, value: Number(value) });
      this.#series.set(key, known);
    }
  }

  all(): readonly Series[] {
    return [...this.#series.values()];
  }

  /** The greatest value that any series of a name had; undefined when there is none. */
  most(name: string): number | undefined {
    const values = this.all()
      .filter(({ labels }) => labels['__name__'] === name)
      .flatMap(({ points }) => points.map(({ value }) => value));
    return values.length === 0 ? undefined : Math.max(...values);
  }
}

function labelsOf(text: string): Record<string, string> {
  const found = text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}
