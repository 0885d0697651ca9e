import type { EventCodec, LogAdmin, LogScanner, LogWriter } from '@millrace/event-log';
import { KeyCodec, type StoresVerified, topics } from '@millrace/events';
import { describeError, type Micros, type Running } from '@millrace/kernel';
import type { Logger } from '@millrace/telemetry';
import type { DifferenceCounts, VerificationParts } from '@millrace/verification';
import type { VerificationMetrics } from './metrics.ts';
import { addCounts, noCounts, type PartResult, verifyPart } from './part-result.ts';
import { allParts, type PartScope, type PartSizes, type VerificationPart } from './parts.ts';
import { afterPart, newPass, nextBucketOf, type Pass, passedAt, resumedPass } from './pass.ts';
import { readToldPass, WHOLE_PASS } from './told-pass.ts';
import { type Verified, verifiedEvent } from './verified-event.ts';

/** What the verification on a schedule needs. */
export interface ScheduleParts {
  /** Connects to what is looked at: the monitor's other work goes on where that fails. */
  connect(): Promise<Running<VerificationParts>>;
  readonly log: LogWriter & Pick<LogAdmin, 'spans' | 'topicNames'> & LogScanner;
  readonly codec: EventCodec;
  readonly metrics: VerificationMetrics;
  readonly logger: Logger;
  /** Names the stores: only a pass over the same ones is gone on with. */
  readonly stores: string;
  /** Microseconds between two parts. */
  readonly interval: Micros;
  readonly sizes: PartSizes;
  /** Parts after which the log is told how far the pass is. @default 30 */
  readonly tellEvery?: number;
  /** Chooses among all parts. @default all of them */
  readonly partsOf?: (all: readonly VerificationPart[]) => readonly VerificationPart[];
}

const topic = topics.verifications.name;
const keys = new KeyCodec({ subject: 'string' });

/**
 * Verifies the stores part by part, over and over. One pass looks at every offset of the log and at every bucket; how
 * far it is stands in the log, so that a restart goes on with it.
 */
export class VerificationSchedule {
  readonly #options: ScheduleParts;
  readonly #last = new Map<string, { readonly scope: PartScope; readonly counts: DifferenceCounts }>();
  #connected: Running<VerificationParts> | undefined;
  #hasAsked = false;
  #pass: Pass | undefined;

  constructor(options: ScheduleParts) {
    this.#options = options;
  }

  /** Checks the next part. What fails is tried again with the next call. */
  async step(): Promise<void> {
    const part = this.#pass?.left[0];
    try {
      this.#connected ??= await this.#options.connect();
      await this.#check(this.#connected.value);
    } catch (error) {
      const scope = part?.scope ?? 'conservation';
      this.#options.metrics.failuresTotal.inc({ scope });
      this.#options.logger.warn(`verification: ${describeError(error)}; it is tried again`);
    }
  }

  /** Closes the connections. */
  async stop(): Promise<void> {
    await this.#connected?.stop();
  }

  async #check(stores: VerificationParts): Promise<void> {
    const { metrics, tellEvery = 30 } = this.#options;
    const pass = (this.#pass ??= await this.#begin(stores));
    const [part] = pass.left;
    if (part !== undefined) {
      const startedAt = stores.clock.now();
      const result = await verifyPart(stores, part);
      const finishedAt = stores.clock.now();
      if (result.outcome === 'different') {
        const { scope, subject } = part;
        const place = { scope, subject, part: doneOf(pass) + 1, nextBucket: null };
        await this.#tell(pass, { ...place, startedAt, finishedAt, result });
      }
      this.#measure(part, result, finishedAt);
      this.#pass = afterPart(pass, part, result);
    }
    const after = this.#pass;
    const isThrough = after.left.length === 0;
    const isNews = doneOf(after) > doneOf(pass) && doneOf(after) % tellEvery === 0;
    metrics.progressed(seconds(after.startedAt), doneOf(after), after.parts);
    if (isThrough || isNews) await this.#tellPass(after, stores.clock.now());
    if (isThrough) {
      metrics.passed(seconds(stores.clock.now()));
      this.#pass = undefined;
    }
  }

  /** Goes on with the pass that the log tells of, where it is not through. */
  async #begin(stores: VerificationParts): Promise<Pass> {
    const {
      log,
      codec,
      metrics,
      interval,
      sizes,
      stores: name,
      partsOf: choose = (all) => all,
    } = this.#options;
    const parts = choose(await allParts(stores, sizes));
    const subjects = new Set(parts.map(nameOf));
    for (const subject of this.#last.keys()) if (!subjects.has(subject)) this.#last.delete(subject);
    const started = newPass(name, parts, stores.clock.now(), interval);
    if (this.#hasAsked) return started;
    const told = await readToldPass(log, codec, name);
    this.#hasAsked = true;
    const passed = passedAt(told);
    if (passed !== undefined) metrics.passed(seconds(passed));
    const resumed = resumedPass(told, parts);
    if (resumed === undefined) return started;
    // What was found before the restart still holds: an alert must not end with it.
    for (const [scope, { counts }] of resumed.results) this.#last.set(`${scope} so far`, { scope, counts });
    return resumed;
  }

  async #tellPass(pass: Pass, finishedAt: Micros): Promise<void> {
    const { startedAt } = pass;
    for (const [scope, result] of pass.results) {
      const nextBucket = scope === 'parity' ? nextBucketOf(pass) : null;
      const place = { scope, subject: WHOLE_PASS, part: doneOf(pass), nextBucket };
      await this.#tell(pass, { ...place, startedAt, finishedAt, result });
    }
  }

  async #tell({ runId, parts }: Pass, about: Omit<Verified, 'runId' | 'stores' | 'parts'>): Promise<void> {
    await this.#append(verifiedEvent({ ...about, runId, parts, stores: this.#options.stores }));
  }

  async #append(event: StoresVerified): Promise<void> {
    const { log, codec } = this.#options;
    const value = await codec.encode(topic, 'StoresVerified', event);
    await log.append([{ topic, key: keys.encode({ subject: event.subject }), value }]);
  }

  #measure(part: VerificationPart, result: PartResult, at: Micros): void {
    const { metrics, logger } = this.#options;
    const { scope, subject } = part;
    this.#last.set(nameOf(part), { scope, counts: result.counts });
    const counts = [...this.#last.values()]
      .filter((last) => last.scope === scope)
      .reduce((total, last) => addCounts(total, last.counts), noCounts);
    metrics.checked(scope, result.outcome, counts, seconds(at));
    if (result.outcome === 'different') {
      const [first] = result.differences;
      logger.error({ scope, subject, ...result.counts }, `the stores differ: ${first?.cause ?? subject}`);
    }
  }
}

/** Names a part among all. */
function nameOf(part: VerificationPart): string {
  return part.scope === 'parity' ? part.subject : `${part.subject} from ${part.stretch.from}`;
}

function doneOf({ parts, left }: Pass): number {
  return parts - left.length;
}

function seconds(at: Micros): number {
  return Number(at / 1000n) / 1000;
}
