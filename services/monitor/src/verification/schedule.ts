import { type EventCodec, type LogWriter } from '@millrace/event-log';
import { KeyCodec, type StoresVerified, topics } from '@millrace/events';
import { describeError, type Micros, type Running } from '@millrace/kernel';
import type { Logger } from '@millrace/telemetry';
import type { DifferenceCounts, VerificationParts } from '@millrace/verification';
import type { VerificationMetrics } from './metrics.ts';
import { addCounts, noCounts, type PartResult, verifyPart } from './part-result.ts';
import { type PartScope, partsOf, type VerificationPart } from './parts.ts';
import { verifiedEvent } from './verified-event.ts';

/** What the verification on a schedule needs. */
export interface ScheduleParts {
  /** Connects to what is looked at: the monitor's other work goes on where that fails. */
  connect(): Promise<Running<VerificationParts>>;
  readonly log: LogWriter;
  readonly codec: EventCodec;
  readonly metrics: VerificationMetrics;
  readonly logger: Logger;
  /** Microseconds between two parts. */
  readonly interval: Micros;
  /** Buckets of the online store in a part. */
  readonly buckets: number;
  /** Chooses among all parts. @default all of them */
  readonly partsOf?: (all: readonly VerificationPart[]) => readonly VerificationPart[];
}

const topic = topics.verifications.name;
const keys = new KeyCodec({ subject: 'string' });

interface Pass {
  readonly name: string;
  readonly startedAt: Micros;
  readonly parts: readonly VerificationPart[];
  next: number;
  readonly results: Map<PartScope, PartResult>;
}

/** Verifies the stores part by part, over and over. */
export class VerificationSchedule {
  readonly #options: ScheduleParts;
  readonly #last = new Map<string, { readonly scope: PartScope; readonly counts: DifferenceCounts }>();
  #connected: Running<VerificationParts> | undefined;
  #pass: Pass | undefined;

  constructor(options: ScheduleParts) {
    this.#options = options;
  }

  /** Checks the next part. What fails is tried again with the next call. */
  async step(): Promise<void> {
    const part = this.#pass?.parts[this.#pass.next];
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
    const pass = (this.#pass ??= this.#begin(stores));
    const part = pass.parts[pass.next];
    if (part !== undefined) {
      const startedAt = stores.clock.now();
      const result = await verifyPart(stores, part);
      const finishedAt = stores.clock.now();
      if (result.outcome === 'different') {
        await this.#tell(pass, part.scope, part.subject, pass.next + 1, startedAt, finishedAt, result);
      }
      this.#measure(part, result, finishedAt);
      pass.results.set(part.scope, sum(pass.results.get(part.scope), result));
      pass.next += 1;
    }
    if (pass.next >= pass.parts.length) await this.#end(pass, stores.clock.now());
  }

  /** Passes are numbered by time, so that instances that run side by side give theirs the same names. */
  #begin({ catalog, clock }: VerificationParts): Pass {
    const { interval, buckets, partsOf: choose = (all) => all } = this.#options;
    const parts = choose(partsOf(catalog, buckets));
    const length = interval * BigInt(parts.length);
    const startedAt = clock.now();
    const subjects = new Set(parts.map(({ subject }) => subject));
    for (const subject of this.#last.keys()) if (!subjects.has(subject)) this.#last.delete(subject);
    return {
      name: `${length} ${startedAt / (length > 0n ? length : 1n)}`,
      startedAt,
      parts,
      next: 0,
      results: new Map(),
    };
  }

  async #end(pass: Pass, finishedAt: Micros): Promise<void> {
    for (const [scope, result] of pass.results) {
      await this.#tell(pass, scope, 'all', pass.parts.length, pass.startedAt, finishedAt, result);
    }
    this.#options.metrics.passed(seconds(finishedAt));
    this.#pass = undefined;
  }

  async #tell(
    { name, parts }: Pass,
    scope: PartScope,
    subject: string,
    part: number,
    startedAt: Micros,
    finishedAt: Micros,
    result: PartResult,
  ): Promise<void> {
    const event = verifiedEvent({
      pass: name,
      scope,
      subject,
      part,
      parts: parts.length,
      startedAt,
      finishedAt,
      result,
    });
    await this.#append(event);
  }

  async #append(event: StoresVerified): Promise<void> {
    const { log, codec } = this.#options;
    const value = await codec.encode(topic, 'StoresVerified', event);
    await log.append([{ topic, key: keys.encode({ subject: event.subject }), value }]);
  }

  #measure({ scope, subject }: VerificationPart, result: PartResult, at: Micros): void {
    const { metrics, logger } = this.#options;
    this.#last.set(subject, { scope, counts: result.counts });
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

function seconds(at: Micros): number {
  return Number(at / 1000n) / 1000;
}

/** What the parts of a pass found together; the last offsets stand for all. */
function sum(before: PartResult | undefined, result: PartResult): PartResult {
  if (before === undefined) return result;
  const topicsNow = new Set(result.offsets.map((offset) => offset.topic));
  return {
    outcome: before.outcome === 'equal' || result.outcome === 'different' ? result.outcome : before.outcome,
    offsets: [...before.offsets.filter((offset) => !topicsNow.has(offset.topic)), ...result.offsets],
    checked: before.checked + result.checked,
    counts: addCounts(before.counts, result.counts),
    differences: before.differences.length > 0 ? before.differences : result.differences,
  };
}
