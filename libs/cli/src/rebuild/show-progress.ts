import { MultiBar, type SingleBar } from 'cli-progress';
import { grouped } from '../io/table.ts';
import type { Terminal } from '../io/terminal.ts';
import type { TopicProgress } from './measure.ts';

/** Shows how far a rebuild is. */
export interface RebuildDisplay {
  show(topics: readonly TopicProgress[]): void;
  /** A line beside the progress. */
  say(text: string): void;
  stop(): void;
}

const PLAIN_EVERY_MS = 5_000;
/** The rate is that of the last seconds: what was there before the command began does not count. */
const RATE_OVER_MS = 10_000;

/** A bar for each topic and one for all where a person looks on; a line every few seconds elsewhere. */
export function rebuildDisplay(terminal: Terminal): RebuildDisplay {
  const speed = new Speed();
  return terminal.interactive ? bars(speed) : lines(terminal, speed);
}

function lines({ err }: Terminal, speed: Speed): RebuildDisplay {
  let said = Number.NEGATIVE_INFINITY;
  return {
    show(topics) {
      const all = speed.of(topics);
      if (performance.now() - said < PLAIN_EVERY_MS) return;
      said = performance.now();
      const each = topics.map(({ topic, done, total }) => `${topic} ${percent(done, total)}`);
      err(`${lineOf(all)} (${each.join(', ')})`);
    },
    say: (text) => err(text),
    stop: () => undefined,
  };
}

function bars(speed: Speed): RebuildDisplay {
  const format = '{name} {bar} {percentage}% {counts}';
  const multi = new MultiBar({ format, hideCursor: true, stream: process.stderr, barsize: 24 });
  const shown = new Map<string, SingleBar>();
  function update(key: string, name: string, done: number, total: number, counts: string): void {
    const bar = shown.get(key) ?? multi.create(Math.max(total, 1), 0, { name, counts });
    shown.set(key, bar);
    bar.setTotal(Math.max(total, 1));
    bar.update(total === 0 ? 1 : done, { name, counts });
  }
  return {
    show(topics) {
      const width = Math.max(...topics.map(({ topic }) => topic.length), 3);
      for (const { topic, done, total } of topics) {
        update(`of ${topic}`, topic.padEnd(width), done, total, `${grouped(done)} of ${grouped(total)}`);
      }
      const all = speed.of(topics);
      update('all', 'all'.padEnd(width), all.done, all.total, lineOf(all));
    },
    say: (text) => multi.log(`${text}\n`),
    stop: () => multi.stop(),
  };
}

/** All topics together. */
interface All {
  readonly done: number;
  readonly total: number;
  /** Records per second; undefined until it can be told. */
  readonly rate: number | undefined;
}

class Speed {
  #samples: { readonly at: number; readonly done: number }[] = [];

  of(topics: readonly TopicProgress[]): All {
    const done = topics.reduce((sum, topic) => sum + topic.done, 0);
    const total = topics.reduce((sum, topic) => sum + topic.total, 0);
    const now = performance.now();
    this.#samples = [...this.#samples.filter(({ at }) => now - at <= RATE_OVER_MS), { at: now, done }];
    const [first] = this.#samples;
    const seconds = first === undefined ? 0 : (now - first.at) / 1_000;
    return {
      done,
      total,
      rate: seconds < 0.5 || first === undefined ? undefined : (done - first.done) / seconds,
    };
  }
}

function lineOf({ done, total, rate }: All): string {
  const left = Math.max(0, total - done);
  const parts = [`${grouped(done)} of ${grouped(total)} records`, `${grouped(left)} left`];
  if (rate !== undefined) parts.push(`${grouped(Math.round(rate))} records/s`);
  if (left > 0 && rate !== undefined && rate > 0) parts.push(`${duration(left / rate)} to go`);
  return parts.join(', ');
}

function percent(done: number, total: number): string {
  return `${total === 0 ? 100 : Math.floor((done / total) * 100)} %`;
}

/** A time for people: `48 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
